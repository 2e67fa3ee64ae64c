/*
 * Linux 6.1 under User Mode Linux, when it looks over its own memory, takes away each page of its
 * modules and puts the same one there again: forty thousand times a scenario. Preloaded into such a
 * kernel, this leaves out both calls. What is to be gone for good goes with the next call.
 */
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define PAGE 4096u
#define KNOWN 16384u

/* Pages of the kernel's memory file by where they stand; each that was put there by itself. */
static struct page {
	uintptr_t at;
	off_t offset;
	int prot, flags, fd;
} known[KNOWN];
/* A page that is still there, though it was to be taken away. */
static struct page *leaving;

static struct page *slot(uintptr_t at)
{
	return &known[at / PAGE % KNOWN];
}

static void leave(void)
{
	if (leaving) {
		syscall(SYS_munmap, leaving->at, PAGE);
		leaving->at = 0;
	}
	leaving = NULL;
}

static void forget(uintptr_t at, size_t size)
{
	for (size_t i = 0; i < KNOWN && i * PAGE < size; i++) {
		struct page *page = slot(at + i * PAGE);

		if (page->at >= at && page->at - at < size)
			page->at = 0;
	}
}

void *mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	struct page asked = { (uintptr_t)at, offset, prot, flags, fd }, *page = slot(asked.at);
	void *got;

	if (page == leaving && size == PAGE && page->at == asked.at && page->offset == offset &&
		page->prot == prot && page->flags == flags && page->fd == fd) {
		leaving = NULL;
		return at;
	}
	leave();
	got = (void *)syscall(SYS_mmap, at, size, prot, flags, fd, offset);
	if (got == MAP_FAILED || !(flags & MAP_FIXED))
		return got;
	forget(asked.at, size);
	if (size == PAGE && flags & MAP_SHARED)
		*page = asked;
	return got;
}

void *mmap64(void *at, size_t size, int prot, int flags, int fd, off_t offset)
	__attribute__((alias("mmap")));

int munmap(void *at, size_t size)
{
	struct page *page = slot((uintptr_t)at);

	leave();
	if (size == PAGE && at && page->at == (uintptr_t)at) {
		leaving = page;
		return 0;
	}
	forget((uintptr_t)at, size);
	return (int)syscall(SYS_munmap, at, size);
}

int mprotect(void *at, size_t size, int prot)
{
	leave();
	forget((uintptr_t)at, size);
	return (int)syscall(SYS_mprotect, at, size, prot);
}
