/* Two peers of moon's: what one does or how many CHILD_SAs it has is no matter of the other's. */
#include <errno.h>
#include <linux/xfrm.h>

#include "ike/lifecycle/yield.h"
#include "unit/ike/kern.h"

#define DAVE                                                                                       \
	"config setup\n\tstrictcrlpolicy=yes\n"                                                    \
	"conn %default\n\tkeyexchange=ikev2\n\treauth=no\n\tmobike=no\n\tinstallpolicy=no\n"       \
	"\tike=" PAGE_SUITE "\n\tesp=" PAGE_SUITE "\n"                                             \
	"conn dave\n\tleftcert=CERTS/daveCert.pem\n\tleftid=dave@strongswan.org\n"                 \
	"\tleftsubnet=2001:1::20/128\n\trightsubnet=::/0\n\tright=2001:1::1\n"                     \
	"\trightid=moon.strongswan.org\n\tauto=add\n"
#define SHARED                                                                                     \
	"config setup\n\tstrictcrlpolicy=yes\n"                                                    \
	"conn all\n\tkeyexchange=ikev2\n\treauth=no\n\tmobike=no\n\tinstallpolicy=no\n"            \
	"\tike=" PAGE_SUITE "\n\tesp=" PAGE_SUITE "\n\tleft=2001:1::1\n"                           \
	"\tleftcert=CERTS/moonCert.pem\n\tleftid=@moon.strongswan.org\n\tleftsubnet=::/0\n"        \
	"\tright=%any\n\trightid=*@strongswan.org\n\trightsubnet=2001:1::/64\n\tauto=add\n"
#define DAVES "2001::99"

struct two {
	struct pair *p;
	struct kern moon;
	struct sa *carol, *dave;
	struct child *carols, *daves;
};

/* moon's CHILD_SA whose peer has this home address. */
static struct child *child_for(struct node *moon, const char *home)
{
	const struct in6_addr a = kern_addr(home);
	struct child *c;
	struct sa *sa;

	LIST_FOREACH (sa, &moon->d->sas, all)
		LIST_FOREACH (c, &sa->children, of_sa)
			if (addr_eq(&c->ts_remote.ts[0].lo, &a))
				return c;
	return NULL;
}

/* carol comes, then dave from her place in the pair. */
static void two_open(struct two *t, const char *moon)
{
	struct pair *p = pair_new(PAIR_CAROL, moon);

	t->p = p;
	kern_open(&t->moon, p->moon, true);
	assert_int_equal(
		iked_want_child(p->carol->d, trap_by_name(p->carol->d, "tunnel"), NULL), 0);
	pair_run(p);
	p->carol->addr = kern_addr(DAVES);
	pair_load(p->carol, DAVE);
	assert_int_equal(iked_want_child(p->carol->d, trap_by_name(p->carol->d, "dave"), NULL), 0);
	pair_run(p);
	t->carols = child_for(p->moon, HOA);
	t->daves = child_for(p->moon, "2001:1::20");
	assert_non_null(t->carols);
	assert_non_null(t->daves);
	t->carol = t->carols->sa;
	t->dave = t->daves->sa;
	assert_ptr_not_equal(t->carol, t->dave);
	kern_add_policies(&t->moon, 77, t->carols->reqid_out, FIRST);
}

static void two_close(struct two *t)
{
	kern_close(&t->moon);
	pair_free(t->p);
}

/* What is asked of the kernel for carol's move. */
static unsigned requests_of_a_move(struct two *t, const char *from, const char *to)
{
	static const uint16_t types[] = { XFRM_MSG_GETSA, XFRM_MSG_NEWSA, XFRM_MSG_DELSA,
		XFRM_MSG_GETPOLICY, XFRM_MSG_MIGRATE };
	unsigned n = 0;

	for (size_t i = 0; i < 5; i++)
		n -= fake_xfrm_count(t->p->moon->kernel, types[i]);
	kern_move(&t->moon, from, to, true);
	for (size_t i = 0; i < 5; i++)
		n += fake_xfrm_count(t->p->moon->kernel, types[i]);
	return n;
}

static void one_peer_s_number_makes_no_other_s_move_longer(void **state)
{
	struct two t;
	unsigned before;

	(void)state;
	two_open(&t, PAIR_MOON);
	before = requests_of_a_move(&t, FIRST, SECOND);
	for (int i = 0; i < 20; i++) {
		/* he forgets the one that stands and asks for another */
		while (child_of_trap(trap_by_name(t.p->carol->d, "dave")))
			child_free(child_of_trap(trap_by_name(t.p->carol->d, "dave")));
		iked_want_child(t.p->carol->d, trap_by_name(t.p->carol->d, "dave"), NULL);
		pair_run(t.p);
	}
	assert_true(t.dave->n_children > 10);
	assert_int_equal(requests_of_a_move(&t, SECOND, FIRST), before);
	two_close(&t);
}

/* Of the same connection, but of another peer: that is none to hand over to. */
static void one_that_leaves_takes_no_other_s_place(void **state)
{
	struct two t;
	const struct in6_addr carol = kern_addr(FIRST);

	(void)state;
	two_open(&t, SHARED);
	assert_ptr_equal(t.carols->trap, t.daves->trap);
	assert_int_equal(yield_begin(t.carol), -EOPNOTSUPP); /* carol has to come again */
	assert_true(addr_eq(&t.carol->remote, &carol));
	assert_int_equal(t.carol->state, SA_UP);
	two_close(&t);
}

UNIT_MAIN(T(one_peer_s_number_makes_no_other_s_move_longer, "A-237"),
	T(one_that_leaves_takes_no_other_s_place, "A-237"))
