/*
 * The guest's first process: a writable overlay of the host's files, the results folder, the
 * modules, then the line.
 *
 * The kernel command line gives as environment: RUN (the results folder), ROOM (the overlay's
 * size), MODULES (the kernel's modules, by release).
 * Errors:  a sentence on the console and power off. Without a word on the line the run has failed.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOT "/tmp/root"
#define LINE "/dev/shm/.line"
#define TTY_MAJOR 4
#define TTY_SERIAL 64
#define LOG_READ_ALL 3
#define LOG_SIZE 10

static struct {
	bool is_guest;
	const char *run;
} place;

struct mount_row {
	const char *source, *where, *kind;
	unsigned long flags;
	const char *data, *otherwise;
};

/* --- the end --- */

/* The kernel's log without the levels that its lines begin with. */
static void log_save(void)
{
	char path[PATH_MAX], *text = NULL;
	int size = klogctl(LOG_SIZE, NULL, 0), n = -1;
	FILE *out;

	if (size > 0 && (text = malloc((size_t)size + 1)))
		n = klogctl(LOG_READ_ALL, text, size);
	snprintf(path, sizeof(path), "%s/dmesg.txt", place.run);
	out = n < 0 ? NULL : fopen(path, "we");
	if (!out)
		return;
	text[n] = 0;
	for (char *at = text, *end; *at; at = end) {
		end = at + strcspn(at, "\n");
		end += *end == '\n';
		if (*at == '<')
			at += strcspn(at, ">\n") + 1;
		fwrite(at, 1, (size_t)(end - at), out);
	}
	fclose(out);
}

void off(const char *why)
{
	if (why) {
		fprintf(stderr, "%s: %s\n", place.is_guest ? "guest" : "agent", why);
		fflush(stderr);
	}
	if (!place.is_guest)
		_exit(why ? 1 : 0);
	if (place.run)
		log_save();
	sync();
	reboot(RB_POWER_OFF);
	_exit(1);
}

int power_off(struct request *rq)
{
	taps_drain(NULL);
	answer_empty(rq->id);
	line_flush();
	off(NULL);
}

/* --- the beginning --- */

static void mounts(const struct mount_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct mount_row *row = &rows[i];

		if (mount(row->source, row->where, row->kind, row->flags, row->data) < 0 &&
			row->otherwise)
			off(row->otherwise);
	}
}

#define N(rows) (sizeof(rows) / sizeof((rows)[0]))

static void begin_root(const char *modules, const char *release)
{
	char overlay[PATH_MAX], size[128];
	const struct mount_row before[] = {
		{ "proc", "/proc", "proc", 0, NULL, "the processes do not mount" },
		{ "tmpfs", "/tmp", "tmpfs", 0, size, "no tmpfs in this kernel" },
	};
	const struct mount_row root[] = {
		{ "overlay", ROOT, "overlay", 0, "lowerdir=/,upperdir=/tmp/up,workdir=/tmp/work",
			"the overlay of the root does not mount" },
		{ "proc", ROOT "/proc", "proc", 0, NULL, NULL },
		{ "sysfs", ROOT "/sys", "sysfs", 0, NULL, NULL },
		{ "/dev", ROOT "/dev", NULL, MS_BIND, NULL, "the devices do not mount" },
	};

	snprintf(
		overlay, sizeof(overlay), "%s/%s/kernel/fs/overlayfs/overlay.ko", modules, release);
	snprintf(size, sizeof(size), "size=%s,mode=1777", getenv("ROOM"));
	mounts(before, 1);
	kernel_starts_no(HOTPLUG); /* a process for each new device, and some kernels have none */
	if (module_load(overlay) < 0 && !kernel_has("overlay"))
		off("the overlay module does not load");
	mounts(before + 1, 1);
	mkdir("/tmp/up", 0755);
	mkdir("/tmp/work", 0755);
	mkdir(ROOT, 0755);
	mounts(root, N(root));
	/* The kernel's own calls of modprobe must see this root too, so a chroot is not enough. */
	if (chdir(ROOT) < 0)
		off("the overlay cannot be entered");
	if (syscall(SYS_pivot_root, ".", "mnt") < 0 || chdir("/") < 0)
		off("the root does not change");
	umount2("/mnt", MNT_DETACH);
}

static void begin_places(const char *modules)
{
	const struct mount_row rows[] = {
		{ "tmpfs", "/dev/shm", "tmpfs", 0, "mode=1777", NULL },
		{ "devpts", "/dev/pts", "devpts", 0, "ptmxmode=666", NULL },
		{ modules, "/lib/modules", NULL, MS_BIND, NULL, "the modules do not mount" },
		{ "none", place.run, "hostfs", 0, place.run, "the results folder does not mount" },
	};

	mkdir("/dev/shm", 0755);
	mkdir("/dev/pts", 0755);
	mkdir("/lib/modules", 0755);
	file_parents(place.run);
	mkdir(place.run, 0755);
	mounts(rows, N(rows));
}

/* The host may have no such device, so it gets a name of its own for as long as it takes. */
static int serial_open(void)
{
	int fd;

	if (mknod(LINE, S_IFCHR | 0600, makedev(TTY_MAJOR, TTY_SERIAL)) < 0)
		return -errno;
	fd = open(LINE, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	unlink(LINE);
	return fd < 0 ? -errno : fd;
}

void boot(void)
{
	const char *modules = getenv("MODULES");
	const char *run = getenv("RUN");
	struct utsname kernel;
	int fd;

	place.is_guest = true;
	uname(&kernel);
	if (!modules || !run || !getenv("ROOM"))
		off("RUN, ROOM and MODULES have to stand on the kernel command line");
	begin_root(modules, kernel.release);
	place.run = run;
	begin_places(modules);
	modules_load(modules, kernel.release, run);
	fd = serial_open();
	if (fd < 0)
		off("the serial line ssl0 does not open");
	line_open(fd);
	if (nodes_begin() < 0)
		off("the namespaces of the guest cannot be kept");
}

/* On the host's kernel: its own view of processes, if it has a namespace of processes. */
void native(void)
{
	if (getpid() == 1 &&
		(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
			mount("proc", "/proc", "proc", 0, NULL) < 0))
		off("the processes do not mount: agent --native needs root");
	if (nodes_begin() < 0)
		off("the namespaces cannot be kept: agent --native needs /proc");
}
