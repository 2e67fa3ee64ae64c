/*
 * Nodes: network, mount and UTS namespaces, and the processes in them.
 *
 * Namespaces are entered when something is wanted in them and left when something is wanted
 * elsewhere: most requests in a row are for one node.
 */
#include "agent.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NODES_MOST 64
#define NAME_MOST 63
#define END_PATIENCE 10
#define END_LOOK_MS 10
/* The kernel gives process numbers below this one once, and begins there when it has had all. */
#define RESERVED_PIDS 300
#define CMDLINE_MOST (32u << 10)

static struct {
	struct node *first, *inside;
	DIR *processes;
	size_t n;
	bool kernel_threads[RESERVED_PIDS];
} nodes;

struct pids {
	pid_t *pid;
	size_t n;
};

static int ns_open(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/thread-self/ns/%s", name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static void node_free(struct node *node)
{
	int fds[] = { node->net, node->uts, node->mnt, node->root };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(node->name);
	free(node);
}

/* The namespaces that the agent is in now, as a node. */
static int node_here(const char *name, struct node **out)
{
	struct node *node = must(calloc(1, sizeof(*node)));
	struct stat net;

	node->name = must(strdup(name));
	node->holder = -1;
	node->net = ns_open("net");
	node->uts = ns_open("uts");
	node->mnt = ns_open("mnt");
	/* To enter a mount namespace leaves a changed root; a guest has none that is changed. */
	node->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (node->net < 0 || node->uts < 0 || node->mnt < 0 || node->root < 0 ||
		fstat(node->net, &net) < 0) {
		int error = errno;

		node_free(node);
		return -error;
	}
	node->inode = net.st_ino;
	*out = node;
	return 0;
}

/* The next process of a look through /proc, or 0. */
static pid_t process_next(void)
{
	struct dirent *entry;

	while ((entry = readdir(nodes.processes)))
		if (isdigit((unsigned char)entry->d_name[0]))
			return atoi(entry->d_name);
	return 0;
}

int nodes_begin(void)
{
	int result = node_here("", &nodes.first);
	pid_t pid;

	if (result < 0)
		return result;
	nodes.inside = nodes.first;
	nodes.processes = opendir("/proc");
	if (!nodes.processes)
		return -errno;
	/* What runs before anything was started are the kernel's threads: none is in a node. */
	while ((pid = process_next()))
		if (pid < RESERVED_PIDS)
			nodes.kernel_threads[pid] = true;
	return 0;
}

int node_find(struct request *rq, const char *name, struct node **out)
{
	for (struct node *node = nodes.first; node; node = node->next)
		if (!strcmp(node->name, name) && !node->ending) {
			*out = node;
			return 0;
		}
	return refuse(rq, ENODEV, "there is no node %s", name);
}

int node_enter(struct node *node)
{
	if (!node)
		node = nodes.first;
	if (nodes.inside == node)
		return 0;
	nodes.inside = NULL;
	if (setns(node->net, CLONE_NEWNET) < 0 || setns(node->uts, CLONE_NEWUTS) < 0 ||
		setns(node->mnt, CLONE_NEWNS) < 0 || fchdir(node->root) < 0 || chroot(".") < 0)
		return -errno;
	nodes.inside = node;
	return 0;
}

/* Whether a netlink port of this node is one of the agent's. */
bool node_owns(const struct node *node, uint32_t port)
{
	for (const struct netlink *it = node->netlinks; it; it = it->next)
		if (it->port == port)
			return true;
	return socket_is_port(node, port);
}

/* --- a new one --- */

static int mounted(struct request *rq, const char *kind, const char *where, unsigned long flags,
	const char *data)
{
	if (mount(kind, where, kind, flags, data) < 0)
		return refuse(rq, errno, "%s on %s", kind, where);
	return 0;
}

static int move_in(struct request *rq, const char *name)
{
	static const char *const folders[] = { "/run/lock", "/run/.etc", "/run/.work" };
	int result;

	if (unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWNET) < 0)
		return refuse(rq, errno, "unshare of namespaces");
	result = mounted(rq, "none", "/", MS_REC | MS_PRIVATE, NULL);
	if (!result)
		result = mounted(rq, "tmpfs", "/run", 0, "mode=755");
	for (size_t i = 0; !result && i < sizeof(folders) / sizeof(folders[0]); i++)
		if (mkdir(folders[i], 0777) < 0)
			result = refuse(rq, errno, "%s", folders[i]);
	if (!result)
		result = mounted(rq, "overlay", "/etc", 0,
			"lowerdir=/etc,upperdir=/run/.etc,workdir=/run/.work");
	if (!result)
		result = mounted(rq, "sysfs", "/sys", 0, NULL);
	if (!result && sethostname(name, strlen(name)) < 0)
		result = refuse(rq, errno, "the name of the host");
	return result;
}

/* A process that does nothing: others find the node by its number. */
static pid_t holder_start(const char *name)
{
	pid_t pid = fork();

	if (pid)
		return pid < 0 ? -errno : pid;
	prctl(PR_SET_NAME, name);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close_range(0, ~0u, 0);
	for (;;)
		pause();
}

int node_new(struct request *rq)
{
	const char *name = rq->field[0].text;
	struct node *node = NULL;
	int result;

	if (!*name || strlen(name) > NAME_MOST || strchr(name, '/'))
		return refuse(rq, EINVAL, "'%.80s' is no name for a node", name);
	for (node = nodes.first; node; node = node->next)
		if (!strcmp(node->name, name))
			return refuse(rq, EEXIST, "there is a node %s", name);
	if (nodes.n == NODES_MOST)
		return refuse(rq, ENOSPC, "there are %d nodes", NODES_MOST);
	result = node_enter(NULL);
	if (result < 0)
		return result;
	nodes.inside = NULL;
	result = move_in(rq, name);
	if (!result)
		result = node_here(name, &node);
	if (result < 0)
		return result;
	node->holder = holder_start(name);
	if (node->holder < 0) {
		result = node->holder;
		node_free(node);
		return result;
	}
	nodes.inside = node;
	node->next = nodes.first->next;
	nodes.first->next = node;
	nodes.n++;
	answer_begin(rq->id);
	put_number((uint64_t)node->holder);
	frame_send();
	return ANSWERED;
}

/* --- its processes --- */

static bool is_holder(pid_t pid)
{
	for (const struct node *node = nodes.first; node; node = node->next)
		if (node->holder == pid)
			return true;
	return false;
}

/* What has become a zombie has no namespaces, so it is not counted. */
static struct pids pids_in(const struct node *node)
{
	struct pids found = { 0 };
	pid_t pid, self = getpid();

	rewinddir(nodes.processes);
	while ((pid = process_next())) {
		char path[32];
		struct stat net;

		if (pid < RESERVED_PIDS && nodes.kernel_threads[pid])
			continue;
		if (pid == self || is_holder(pid) || prefork_is(pid))
			continue;
		snprintf(path, sizeof(path), "%d/ns/net", pid);
		if (fstatat(dirfd(nodes.processes), path, &net, 0) < 0 || net.st_ino != node->inode)
			continue;
		if (!(found.n & (found.n - 1)))
			found.pid = must(realloc(found.pid, (2 * found.n + 1) * sizeof(pid)));
		found.pid[found.n++] = pid;
	}
	return found;
}

/* The start of a file of a process; -1 if it has ended. */
static ssize_t process_read(pid_t pid, const char *name, char *out, size_t room)
{
	char path[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%d/%s", pid, name);
	fd = openat(dirfd(nodes.processes), path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, out, room);
	close(fd);
	return n;
}

int node_pids(struct request *rq)
{
	static char cmdline[CMDLINE_MOST];
	struct node *node;
	struct pids found;
	char comm[64];
	int result = node_find(rq, rq->field[0].text, &node);

	if (result < 0)
		return result;
	found = pids_in(node);
	answer_begin(rq->id);
	for (size_t i = 0; i < found.n; i++) {
		ssize_t name = process_read(found.pid[i], "comm", comm, sizeof(comm));
		ssize_t words = process_read(found.pid[i], "cmdline", cmdline, sizeof(cmdline));

		if (name < 1 || words < 0)
			continue;
		put_number((uint64_t)found.pid[i]);
		put_octets(comm, (size_t)name - 1);
		put_octets(cmdline, (size_t)words);
	}
	frame_send();
	free(found.pid);
	return ANSWERED;
}

int node_kill(struct request *rq)
{
	int64_t pid = (int64_t)rq->field[0].number;

	if (pid != (pid_t)pid || (pid >= -1 && pid <= 1) || pid == getpid() ||
		is_holder((pid_t)pid) || prefork_is((pid_t)pid))
		return refuse(rq, EINVAL, "process %lld is not one to be killed", (long long)pid);
	if (kill((pid_t)pid, (int)rq->field[1].number) < 0)
		return refuse(rq, errno, "process %lld", (long long)pid);
	return DONE;
}

/* --- its end --- */

static void node_forget(struct node *node)
{
	struct node **at = &nodes.first;

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	nodes.n--;
	if (node->holder > 0) {
		kill(node->holder, SIGKILL);
		waitpid(node->holder, NULL, 0);
	}
	/* Taps first: they know questions of ours by their sockets. */
	taps_close(node);
	sockets_close(node);
	netlinks_close(node);
	node_free(node);
}

/* Kill what still runs; the node goes once nothing does, and every EXIT has been told. */
static bool end_go_on(struct node *node)
{
	struct pids found = pids_in(node);
	bool over = !found.n && !child_of(node);

	for (size_t i = 0; i < found.n; i++)
		kill(found.pid[i], SIGKILL);
	free(found.pid);
	if (over) {
		answer_empty(node->end_id);
		node_forget(node);
	}
	return over;
}

int node_end(struct request *rq)
{
	struct node *node;
	int result = node_find(rq, rq->field[0].text, &node);

	if (result < 0)
		return result;
	if (node == nodes.first)
		return refuse(rq, EINVAL, "the guest itself is ended with OFF");
	/* The agent must not be in what is to go. */
	result = node_enter(NULL);
	if (result < 0)
		return result;
	node->ending = true;
	node->end_id = rq->id;
	node->end_limit = after(END_PATIENCE, SECOND);
	end_go_on(node);
	return ANSWERED;
}

/* A process whose parent is elsewhere ends without a word: look again. */
uint64_t nodes_next(void)
{
	for (const struct node *node = nodes.first; node; node = node->next)
		if (node->ending)
			return after(END_LOOK_MS, SECOND / 1000);
	return NEVER;
}

void nodes_due(uint64_t time)
{
	struct node *next;

	for (struct node *node = nodes.first; node; node = next) {
		next = node->next;
		if (!node->ending || end_go_on(node) || node->end_limit > time)
			continue;
		node->ending = false;
		answer_failed(node->end_id, ETIMEDOUT, "END: processes of the node do not die");
	}
}

/* A holder that somebody has killed: its number may soon be another's. */
void node_lost(pid_t holder)
{
	for (struct node *node = nodes.first; node; node = node->next)
		if (node->holder == holder)
			node->holder = -1;
}
