#include "unit/kernel/record.h"

#include <stdlib.h>
#include <string.h>

static int peer(void *ctx, const struct nlmsghdr *req, nl_fn *reply, void *arg)
{
	struct record *r = ctx;
	int rc = 0;

	memcpy(r->msg, req, req->nlmsg_len);
	if (r->n_calls < RECORD_MAX)
		r->types[r->n_calls] = req->nlmsg_type;
	r->n_calls++;
	for (size_t i = 0; i < r->n_answers && rc == 0; i++)
		rc = reply(record_msg(&r->answers[i]), arg);
	return rc ? rc : r->error;
}

struct nl *record_new(struct record *r)
{
	struct nl *nl = NULL;

	memset(r, 0, sizeof(*r));
	if (nl_open_peer(peer, r, &nl) < 0)
		abort();
	return nl;
}

const struct nlmsghdr *record_head(const struct record *r)
{
	return (const struct nlmsghdr *)r->msg;
}

const void *record_body(const struct record *r)
{
	return r->msg + NLMSG_HDRLEN;
}

struct list {
	struct record_attr *out;
	size_t n;
};

static int note(uint16_t type, const void *data, size_t n, void *arg)
{
	struct list *l = arg;

	if (l->n == RECORD_MAX)
		abort();
	l->out[l->n++] = (struct record_attr){ type, data, n };
	return 0;
}

size_t record_attrs(const struct record *r, size_t body, struct record_attr out[RECORD_MAX])
{
	struct list l = { out, 0 };

	if (nl_attrs(record_head(r), body, note, &l) < 0)
		abort();
	return l.n;
}

struct record_attr record_attr(const struct record *r, size_t body, uint16_t type)
{
	struct record_attr list[RECORD_MAX];
	size_t n = record_attrs(r, body, list);

	for (size_t i = 0; i < n; i++)
		if (list[i].type == type)
			return list[i];
	return (struct record_attr){ type, NULL, 0 };
}

struct nl_req *record_answer(struct record *r)
{
	return &r->answers[r->n_answers++];
}

const struct nlmsghdr *record_msg(const struct nl_req *rq)
{
	return (const struct nlmsghdr *)rq->buf;
}
