/*
 * nl - one netlink message out, its answers back; events in.
 *
 * Requests are built in a fixed buffer; an attribute that does not fit marks the request bad
 * and nl_call() then answers -EMSGSIZE without sending. Calls are synchronous: the kernel
 * answers at once. A struct nl can be a kernel socket or, for tests, a peer function that
 * plays the kernel.
 * Shapes:  the body struct of the message first, then attributes.
 * Units:   bodies and attributes are in the kernel's own layout and byte order.
 * Errors:  0 or the kernel's -errno; nl_error() has the kernel's extended text, "" if none.
 * Source:  linux/netlink.h.
 */
#pragma once

#include <linux/netlink.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NL_REQ_MAX = 4096 };

struct nl_req {
	alignas(8) uint8_t buf[NL_REQ_MAX];
	bool bad;
};

struct nl;

/* An answer or event. Return 0 to go on, or -errno to make nl_get() return it. */
typedef int nl_fn(const struct nlmsghdr *msg, void *arg);

/*
 * Plays the kernel in tests: answer `req` by calling reply() with whole messages; returns 0 or
 * -errno (the ACK).
 */
typedef int nl_peer(void *ctx, const struct nlmsghdr *req, nl_fn *reply, void *arg);

int nl_open(int protocol, struct nl **out);
int nl_open_peer(nl_peer *peer, void *ctx, struct nl **out);
/*
 * A socket beside `nl` that also hears one multicast group. What a call of it makes the kernel tell
 * that group counts among the answers of nl_get(): it carries the number of the request. Of events
 * of others it loses what it has no room for, so it is for a few calls and not to be kept.
 */
int nl_open_beside(const struct nl *nl, unsigned group, struct nl **out);
void nl_free(struct nl *nl);

/*
 * Events of the multicast groups, handed to fn from the loop. Messages that did not come from
 * the kernel (sender port not 0) are dropped. overrun() runs when the kernel lost events
 * (ENOBUFS): dump and compare.
 */
int nl_listen(int protocol, const unsigned *groups, size_t n_groups, nl_fn *fn,
	void (*overrun)(void *arg), void *arg, struct nl **out);

/* Memory of malloc() that goes with the socket. */
void nl_keep(struct nl *nl, void *mem);

/* Hand on the events of a listener that are here already, without waiting for the loop. */
void nl_pump(struct nl *nl);

/* The body of a message; NLMSG_DATA() would take its const away. */
static inline const void *nl_data(const struct nlmsghdr *msg)
{
	return (const uint8_t *)msg + NLMSG_HDRLEN;
}

/* Start a request; gives its zeroed body. NLM_F_REQUEST is added. */
void *nl_begin(struct nl_req *rq, uint16_t type, uint16_t flags, size_t body);
void nl_put(struct nl_req *rq, uint16_t type, const void *data, size_t n);
/* gives the place for nl_nest_end() */
size_t nl_nest(struct nl_req *rq, uint16_t type);
void nl_nest_end(struct nl_req *rq, size_t at);

/* Send and wait for the ACK (NLM_F_ACK is added). */
int nl_call(struct nl *nl, struct nl_req *rq);

/* Send and hand every answer to fn: a dump (NLM_F_DUMP) or one answer. */
int nl_get(struct nl *nl, struct nl_req *rq, nl_fn *fn, void *arg);

const char *nl_error(const struct nl *nl);

/*
 * Attributes of a message behind a body of `body` octets: fn for each, in order, lengths
 * checked. 0, -EBADMSG if the attributes do not fit the message, or what fn returned.
 */
int nl_attrs(const struct nlmsghdr *msg, size_t body,
	int (*fn)(uint16_t type, const void *data, size_t n, void *arg), void *arg);
