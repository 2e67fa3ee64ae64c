/*
 * ref - a pointer to a CHILD_SA or an IKE_SA that is NULL again when what it pointed to is gone.
 *
 * Each object has the list of all that point to it; child_free and sa_free clear them, so nobody
 * has to know who else points there.
 * Shapes:  a ref is no owner. It is zero or set by child_point and sa_point, never copied, and
 *          pointed to NULL before its own memory goes.
 * Source:  none.
 */
#pragma once

#include <sys/queue.h>

struct child;
struct sa;

struct child_ref {
	struct child *to;
	LIST_ENTRY(child_ref) link;
};

struct sa_ref {
	struct sa *to;
	LIST_ENTRY(sa_ref) link;
};

LIST_HEAD(child_refs, child_ref);
LIST_HEAD(sa_refs, sa_ref);

void child_point(struct child_ref *r, struct child *to); /* to NULL: to nothing */
void sa_point(struct sa_ref *r, struct sa *to);
