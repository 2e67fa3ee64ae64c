#include <errno.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"

/* What glibc, libevent, OpenSSL and libmnl use in a daemon that is up. No exec, no ptrace, no
 * mount, no setns, no bpf. */
static const char *const allowed[] = {
	/* clang-format off */
	/* memory */
	"brk", "madvise", "mlock", "mlock2", "mmap", "mprotect", "mremap", "munlock", "munmap",
	/* files */
	"access", "chmod", "close", "close_range", "dup", "dup2", "dup3", "faccessat",
	"faccessat2", "fadvise64", "fallocate", "fchmod", "fchmodat", "fcntl", "fdatasync",
	"flock", "fstat", "fsync", "ftruncate", "getcwd", "getdents", "getdents64", "ioctl",
	"link", "lseek", "lstat", "mkdir", "mkdirat", "newfstatat", "open", "openat", "pread64",
	"preadv", "pwrite64", "pwritev", "read", "readlink", "readlinkat", "readv", "rename",
	"renameat", "renameat2", "rmdir", "stat", "statfs", "fstatfs", "statx", "truncate",
	"umask", "unlink", "unlinkat", "write", "writev",
	/* sockets */
	"accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt",
	"listen", "recvfrom", "recvmmsg", "recvmsg", "sendmmsg", "sendmsg", "sendto",
	"setsockopt", "shutdown", "socket", "socketpair",
	/* waiting */
	"epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2",
	"epoll_wait", "eventfd2", "pipe", "pipe2", "poll", "ppoll", "pselect6", "select",
	"timerfd_create", "timerfd_gettime", "timerfd_settime",
	/* time and chance */
	"clock_getres", "clock_gettime", "clock_nanosleep", "getrandom", "gettimeofday",
	"nanosleep", "time", "times", "setitimer", "getitimer",
	/* the process itself */
	"arch_prctl", "capget", "exit", "exit_group", "futex", "get_robust_list", "getegid",
	"geteuid", "getgid", "getgroups", "getpgrp", "getpid", "getppid", "getpriority",
	"getrlimit", "getrusage", "gettid", "getuid", "kill", "membarrier", "prctl",
	"prlimit64", "restart_syscall", "rseq", "rt_sigaction", "rt_sigpending",
	"rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait",
	"sched_getaffinity", "sched_yield", "set_robust_list", "set_tid_address", "sigaltstack",
	"signalfd4", "sysinfo", "tgkill", "tkill", "uname", "wait4", "waitid",
	/* clang-format on */
};

static int fill(scmp_filter_ctx ctx)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		int nr = seccomp_syscall_resolve_name(allowed[i]);

		if (nr != __NR_SCMP_ERROR)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
	}
	/* Threads, not processes. glibc tries clone3 first, whose flags a filter cannot see. */
	if (!rc)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (!rc)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	return rc;
}

int run_seccomp(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc;

	if (!ctx)
		return -ENOMEM;
	rc = fill(ctx);
	if (!rc)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	/* ECANCELED: libseccomp met an error of the kernel; EINVAL, ENOSYS: no filter mode there.
	 */
	if (rc == -EINVAL || rc == -ENOSYS || rc == -ECANCELED) {
		log_dmn(1, "this kernel has no system call filter (%s), going on without",
			strerror(-rc));
		return 0;
	}
	return rc;
}
