/*
 * agent - the testbed's hand inside a guest: starts programs in nodes, passes files and netlink
 * octets, fills captures and sends events, over one framed line to the driver on the host.
 *
 * One thread, one poll loop. It is the guest's first process (agent_boot.c), or it serves a
 * descriptor on the host's kernel: agent --native FD. What it may be asked stands in agent_table.c.
 * Shapes:  a frame is  length(32) id(32) code(8) [realtime(64) monotonic(64)] field*,  a field
 *          length(32) octets; big endian. The two times stand only in what the agent sends.
 * Units:   times are nanoseconds; a length counts what follows it.
 * Errors:  a function gives 0 or more, or -errno; a handler's becomes the request's answer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#define AGENT_PROTOCOL 1
#define FRAME_LIMIT (16u << 20)
#define FIELDS_MOST 8
#define SENTENCE_ROOM 512
#define SECOND 1000000000ull
#define NEVER UINT64_MAX

struct octets {
	uint8_t *data;
	size_t size;
};

/* One field of a request. Strings have `text` too, numbers `number`; all die with the request. */
struct field {
	struct octets octets;
	const char *text;
	uint64_t number;
};

struct request {
	uint32_t id;
	const struct verb *verb;
	struct field field[FIELDS_MOST];
	char why[SENTENCE_ROOM];
};

/* What a handler gives where it is no error: an empty answer is due, or it answers by itself. */
enum outcome { DONE, ANSWERED };

/* A row of the protocol. Fields are written NAME:KIND; n number, s string, o octets, l list. */
struct verb {
	uint8_t code;
	const char *name;
	const char *fields;
	const char *answer;
	int (*handle)(struct request *rq);
};

enum event { EVENT_HELLO = 64, EVENT_EXIT, EVENT_FRAME, EVENT_FAULT };

/* A netlink socket that the agent asks a node's kernel with. */
struct netlink {
	int fd, family;
	uint32_t port;
	struct netlink *next;
};

/* A machine: namespaces that descriptors keep. The first is the guest itself, named "". */
struct node {
	char *name;
	pid_t holder;
	int net, uts, mnt, root;
	ino_t inode;
	struct netlink *netlinks;
	bool ending;
	uint32_t end_id;
	uint64_t end_limit;
	struct node *next;
};

/* What runs to its end in a node may be a copy of a program that waits. */
struct launch {
	char **argv, **env;
	int in, out, err;
	bool terminal, runs;
	struct node *node;
};

struct packet {
	struct octets octets;
	struct sockaddr_storage from;
	socklen_t from_size;
	uint64_t when;
};

/* agent.c. `ready` gets the events of a descriptor that was waited for in this turn. */
void loop_wait(int fd, short events, void (*ready)(void *it, short events), void *it);
uint64_t now(void);
uint64_t realtime(void);
uint64_t after(uint64_t amount, uint64_t unit);
void *must(void *memory);

/* agent_line.c. A frame is begun, gets its fields, and is sent; frame_drop() forgets it. */
void line_open(int fd);
bool line_ended(void);
bool line_roomy(void);
void line_wait(void);
void line_work(void);
void line_flush(void);
void answer_begin(uint32_t id);
void answer_empty(uint32_t id);
void answer_failed(uint32_t id, int error, const char *sentence);
void event_begin(enum event code);
void frame_send(void);
void frame_drop(void);
void put_number(uint64_t number);
void put_text(const char *text);
void put_octets(const void *data, size_t size);
/* A field of unknown length: NULL once it is longer than a frame may be. */
void field_open(void);
void field_close(void);
uint8_t *field_reach(size_t size);
void field_grew(size_t size);
int field_append(const void *data, size_t size);
void fault(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Keep a sentence for the answer; gives -error. */
int refuse(struct request *rq, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* agent_table.c */
void table_do(uint8_t *frame, size_t size);
void table_print(void);

/* agent_node.c. The agent stays in the node that it last entered; NULL is the guest itself. */
int nodes_begin(void);
int node_find(struct request *rq, const char *name, struct node **out);
int node_enter(struct node *node);
bool node_owns(const struct node *node, uint32_t port);
int node_new(struct request *rq);
int node_end(struct request *rq);
int node_pids(struct request *rq);
int node_kill(struct request *rq);
void node_lost(pid_t holder);
uint64_t nodes_next(void);
void nodes_due(uint64_t time);

/* agent_child.c */
int child_spawn(struct request *rq);
int child_run(struct request *rq);
bool child_of(const struct node *node);
void children_end(void);
void children_reap(void);
uint64_t children_next(void);
void children_due(uint64_t time);

/* agent_launch.c. launch() gives a process id, or -errno of what kept it from starting. */
pid_t launch(const struct launch *it);
int vector(struct octets list, char ***out);

/* agent_prefork.c */
pid_t prefork(const struct launch *it);
bool prefork_is(pid_t pid);
void prefork_lost(pid_t pid);

/* agent_file.c */
int file_read(struct request *rq);
int file_glob(struct request *rq);
int file_write(struct request *rq);
int file_copy(struct request *rq);
int file_parents(const char *path);
ssize_t file_take(const char *path, size_t before, uint8_t **out);

/* agent_netlink.c */
int netlink_ask(struct request *rq);
int netlink_port(struct request *rq);
int netlink_tell(struct request *rq);
int netlink_listen(struct request *rq);
int netlink_open(int family, uint32_t *port);
void netlinks_close(struct node *node);

/* agent_tap.c. taps_drain(NULL) is for every node. */
int tap_hear(struct request *rq);
int tap_settle(struct request *rq);
void taps_wait(void);
int taps_drain(const struct node *node);
void taps_close(const struct node *node);

/* agent_socket.c */
int socket_open(struct request *rq);
int socket_option(struct request *rq);
int socket_bind(struct request *rq);
int socket_ioctl(struct request *rq);
int socket_send(struct request *rq);
int socket_receive(struct request *rq);
int socket_watch(struct request *rq);
int socket_close(struct request *rq);
int socket_add(struct node *node, int fd, uint32_t port, uint64_t *handle);
bool socket_is_port(const struct node *node, uint32_t port);
int packet_receive(int fd, struct packet *out);
void sockets_wait(void);
void sockets_close(const struct node *node);
uint64_t sockets_next(void);
void sockets_due(uint64_t time);

/* agent_later.c: what is done at its time. stir() wakes those that pass time; whoever wants to pass
 * a time at `least` is not woken by what happens meanwhile. */
int later_pass(struct request *rq);
int later_send(struct request *rq, uint64_t handle, int fd, uint64_t due);
void later_forget(uint64_t handle);
void stir(void);
bool later_quiet(void);
uint64_t later_next(void);
void later_due(uint64_t time);

/* agent_notes.c */
int notes_watch(struct request *rq);
int kernel_log(struct request *rq);
void notes_wait(void);

/* agent_boot.c. off() does not come back. */
void boot(void);
void native(void);
int power_off(struct request *rq);
_Noreturn void off(const char *why);

/* agent_modules.c */
int module_load(const char *path);
void modules_load(const char *all, const char *release, const char *run);
bool kernel_has(const char *file_system);
#define MODPROBE "/proc/sys/kernel/modprobe"
#define HOTPLUG "/proc/sys/kernel/hotplug"
/* The kernel itself starts that program no more; false where it has no such setting. */
bool kernel_starts_no(const char *helper);

/* agent_ping.c */
int ping(char **argv);
