#include <errno.h>
#include <linux/xfrm.h>

#include "kernel/xfrm_sa.h"
#include "unit/ike/pair.h"

/* mh of carol is there: its SPI belongs to the home address. */
static struct pair *with_mh(uint32_t *spi)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	pair_establish(p, false);
	*spi = pair_child(p->carol, "mh")->spi_in;
	return p;
}

static void an_spi_of_another_destination_is_drawn_again(void **state)
{
	uint32_t taken;
	struct pair *p = with_mh(&taken);
	unsigned before = fake_xfrm_count(p->carol->kernel, XFRM_MSG_ALLOCSPI);
	struct child *tunnel;

	(void)state;
	fake_xfrm_next_spi(p->carol->kernel, taken);
	pair_acquire(p, p->carol, "tunnel");
	pair_run(p);
	tunnel = pair_child(p->carol, "tunnel");
	assert_non_null(tunnel);
	assert_false(addr_eq(&tunnel->in_dst, &pair_child(p->carol, "mh")->in_dst));
	assert_int_equal(tunnel->spi_in, taken + 1);
	assert_int_equal(fake_xfrm_count(p->carol->kernel, XFRM_MSG_ALLOCSPI), before + 2);
	assert_int_equal(fake_xfrm_n_larval(p->carol->kernel), 0);
	pair_free(p);
}

static void an_spi_that_a_peer_chose_is_drawn_again(void **state)
{
	uint32_t taken;
	struct pair *p = with_mh(&taken);

	(void)state;
	fake_xfrm_next_spi(p->moon->kernel, 0xc0001000);
	pair_acquire(p, p->carol, "tunnel");
	pair_run(p);
	assert_int_equal(pair_child(p->carol, "tunnel")->spi_out, 0xc0001000);
	fake_xfrm_next_spi(p->carol->kernel, 0xc0001000);
	assert_int_equal(iked_rekey_child(pair_child(p->carol, "mh")), 0);
	pair_run(p);
	assert_int_equal(pair_child(p->carol, "mh")->spi_in, 0xc0001001);
	assert_int_equal(fake_xfrm_n_larval(p->carol->kernel), 0);
	pair_free(p);
}

UNIT_MAIN(T(an_spi_of_another_destination_is_drawn_again, "A-129"),
	T(an_spi_that_a_peer_chose_is_drawn_again, "A-129!"))
