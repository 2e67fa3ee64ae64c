/*
 * xstate - what the guest kernel's ptrace() lacks: room for floating point, thrift, and an end.
 *
 * The User Mode Linux kernel keeps XSTATE_ROOM octets of a process's extended state. Where the
 * processor's XSAVE area is larger, the host refuses such a short buffer with EFAULT and the
 * guest dies at its first process. Preloaded, this completes the buffer from the process itself
 * and marks every component that the short buffer does not hold as "in its initial state".
 *
 * The kernel gives a process its state back at each system call and page fault, and it is mostly
 * the one that it has: then the host is not asked, which would take longer than all else.
 *
 * A guest's processes are processes of the host that the kernel traces. When it dies they would be
 * let go, and from then on their system calls would be the host's, with the rights of whoever runs
 * the testbed: they are killed with it instead.
 * Shapes:  one wrapped function, ptrace(); everything else goes straight to the C library.
 * Units:   octets; component numbers are bits of XSTATE_BV.
 * Errors:  those of ptrace().
 * Source:  Intel SDM volume 1, chapter 13 (XSAVE area, header at octet 512); CPUID leaf 0xD;
 *          ptrace(2), PTRACE_O_EXITKILL.
 */
#include <cpuid.h>
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#define XSTATE_LEAF 0xd
#define XSTATE_BV   512
#define XSTATE_MAX  65536
#define COMPONENTS  63
/* What a kernel of 2.4 called PTRACE_SETOPTIONS, and what 6.1 still asks for. */
#define OLD_SETOPTIONS 21

typedef long (*ptrace_fn)(int request, long pid, void *addr, void *data);

unsigned int xstate_area(void);

/* How long this processor's XSAVE area is with the components the system has switched on. */
unsigned int xstate_area(void)
{
	unsigned int a, size, c, d;

	if (!__get_cpuid_count(XSTATE_LEAF, 0, &a, &size, &c, &d))
		return 0;
	return size;
}

/*
 * The XSTATE_BV bits of all components that lie within the first `room` octets. A hypervisor may
 * take long over CPUID, and the guest asks with one and the same room at each system call.
 */
static uint64_t bits_within(size_t room)
{
	static size_t asked;
	static uint64_t bits;
	unsigned int size, offset, c, d;

	if (asked == room)
		return bits;
	bits = 3; /* x87 and SSE live in the legacy area */
	for (unsigned int i = 2; i < COMPONENTS; i++) {
		if (!__get_cpuid_count(XSTATE_LEAF, i, &size, &offset, &c, &d) || !size)
			continue;
		if (offset + size <= room)
			bits |= UINT64_C(1) << i;
	}
	asked = room;
	return bits;
}

/* What a process held when it was last asked, until it runs again. */
static struct {
	long pid; /* 0: nothing is known */
	size_t n;
	unsigned char area[XSTATE_MAX];
} held;

static long get_state(ptrace_fn next, long pid, void *type, const struct iovec *part)
{
	long rc = next(PTRACE_GETREGSET, pid, type, (void *)(uintptr_t)part);

	held.pid = rc < 0 || part->iov_len > sizeof(held.area) ? 0 : pid;
	held.n = held.pid ? part->iov_len : 0;
	memcpy(held.area, part->iov_base, held.n);
	return rc;
}

static bool is_held(long pid, const struct iovec *part)
{
	return held.pid == pid && held.n <= part->iov_len &&
	       memcmp(held.area, part->iov_base, held.n) == 0;
}

static long set_state(ptrace_fn next, long pid, void *type, const struct iovec *part)
{
	/* Static: the guest kernel calls from small stacks and on one thread only. */
	static unsigned char area[XSTATE_MAX];
	static unsigned int whole;
	struct iovec all = { area, sizeof(area) };
	uint64_t bits;

	if (is_held(pid, part))
		return 0;
	held.pid = 0;
	whole = whole ? whole : xstate_area();
	if (part->iov_len >= whole)
		return next(PTRACE_SETREGSET, pid, type, (void *)(uintptr_t)part);
	if (next(PTRACE_GETREGSET, pid, type, &all) < 0)
		return -1;
	if (part->iov_len >= all.iov_len || part->iov_len < XSTATE_BV + sizeof(bits))
		return next(PTRACE_SETREGSET, pid, type, (void *)(uintptr_t)part);
	memcpy(area, part->iov_base, part->iov_len);
	memcpy(&bits, area + XSTATE_BV, sizeof(bits));
	bits &= bits_within(part->iov_len);
	memcpy(area + XSTATE_BV, &bits, sizeof(bits));
	return next(PTRACE_SETREGSET, pid, type, &all);
}

long ptrace(enum __ptrace_request request, ...)
{
	static ptrace_fn next;
	va_list ap;
	long pid;
	void *addr, *data;

	va_start(ap, request);
	pid = va_arg(ap, long);
	addr = va_arg(ap, void *);
	data = va_arg(ap, void *);
	va_end(ap);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "ptrace");
	if (request == PTRACE_GETREGSET && (uintptr_t)addr == NT_X86_XSTATE)
		return get_state(next, pid, addr, data);
	if (request == PTRACE_SETREGSET && (uintptr_t)addr == NT_X86_XSTATE)
		return set_state(next, pid, addr, data);
	if (pid == held.pid && request != PTRACE_GETREGS && request != PTRACE_SETREGS)
		held.pid = 0;
	if (request == PTRACE_SETOPTIONS || (int)request == OLD_SETOPTIONS)
		data = (void *)((uintptr_t)data | PTRACE_O_EXITKILL);
	return next(request, pid, addr, data);
}
