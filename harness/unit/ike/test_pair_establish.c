/*
 * Two daemons meet: IKE_SA_INIT, IKE_AUTH and CREATE_CHILD_SA as the reference page has them, and
 * what they do when the other wants something else.
 */
#include <errno.h>

#include <linux/xfrm.h>

#include "ike/machine/limits.h"
#include "unit/ike/pair.h"

#define MODERN "aes256-sha256-curve25519!"
#define ECP "aes128-sha256-ecp256!"

static void the_page_s_two_child_sas_come_up(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct child *c;

	(void)state;
	pair_establish(p, true);
	assert_int_equal(p->carol->n_sent, 3);
	assert_int_equal(p->moon->n_sent, 3);
	assert_int_equal(p->carol->n_done, 2);
	c = pair_child(p->carol, "mh");
	assert_true(c->proxy);
	assert_string_equal(addr_str(&c->local), "2001:1::10");
	assert_string_equal(addr_str(&c->remote), "2001:1::1");
	assert_string_equal(child_name(pair_child(p->carol, "tunnel")), "tunnel{2}");
	assert_int_equal(fake_xfrm_n_larval(p->carol->kernel), 0);
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 4);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 4);
	pair_free(p);
}

/* The agent's end of the proxy child is the agent itself, and a tunnel's ends are those of IKE. */
static void only_who_stands_in_for_another_is_a_proxy(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct child *c;

	(void)state;
	pair_establish(p, true);
	c = pair_child(p->carol, "tunnel");
	assert_false(c->proxy);
	assert_true(addr_eq(&c->local, &c->sa->local) && addr_eq(&c->remote, &c->sa->remote));
	assert_true(pair_said(p, "is a transport mode proxy for 2001:1::10") > 0);
	assert_int_equal(pair_said(p, "address: 2001:1::1 is a transport mode proxy"), 0);
	pair_free(p);
}

static void the_messages_are_those_of_the_page(void **state)
{
	static const char *const wanted[] = {
		"generating IKE_SA_INIT request 0 [ SA KE No N(NATD_S_IP) N(NATD_D_IP) ]",
		"parsed IKE_SA_INIT response 0 [ SA KE No N(NATD_S_IP) N(NATD_D_IP) CERTREQ ]",
		"generating IKE_AUTH request 1 [ IDi CERT N(INIT_CONTACT) CERTREQ IDr AUTH "
		"N(USE_TRANSP) SA TSi TSr ]",
		"parsed IKE_AUTH response 1 [ IDr CERT AUTH N(USE_TRANSP) SA TSi TSr ]",
		"generating CREATE_CHILD_SA request 2 [ SA No KE TSi TSr ]",
		"parsed CREATE_CHILD_SA response 2 [ SA No KE TSi TSr ]",
	};
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	pair_establish(p, true);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_int_equal(pair_said(p, wanted[i]), 1);
	pair_free(p);
}

/* The lines of carol's page; moon's lines stand between. */
static const char *const page_log[] = {
	"[IKE] initiating IKE_SA mh[1] to 2001:1::1",
	"[ENC] generating IKE_SA_INIT request 0 [",
	"[NET] sending packet: from 2001::41a:a8ff:fe6f:c67[500] to 2001:1::1[500]",
	"[NET] received packet: from 2001:1::1[500] to 2001::41a:a8ff:fe6f:c67[500]",
	"[ENC] parsed IKE_SA_INIT response 0 [",
	"[IKE] received cert request for \"C=CH, O=Linux strongSwan, CN=strongSwan Root "
	"CA\"",
	"[IKE] sending cert request for \"C=CH, O=Linux strongSwan, CN=strongSwan Root "
	"CA\"",
	"[IKE] authentication of 'carol@strongswan.org' (myself) with RSA signature "
	"successful",
	"[IKE] sending end entity cert \"C=CH, O=Linux strongSwan, OU=Research, "
	"CN=carol@strongswan.org\"",
	"[IKE] establishing CHILD_SA mh{1}",
	"[CHD] my address: 2001::41a:a8ff:fe6f:c67 is a transport mode proxy for "
	"2001:1::10",
	"[KNL] getting SPI for reqid {1}",
	"[KNL] got SPI c",
	"[ENC] generating IKE_AUTH request 1 [",
	"[ENC] parsed IKE_AUTH response 1 [",
	"[IKE] received end entity cert \"C=CH, O=Linux strongSwan, "
	"CN=moon.strongswan.org\"",
	"[CFG] using certificate \"C=CH, O=Linux strongSwan, CN=moon.strongswan.org\"",
	"[CFG] using trusted ca certificate \"C=CH, O=Linux strongSwan, CN=strongSwan Root "
	"CA\"",
	"[CFG] checking certificate status of \"C=CH, O=Linux strongSwan, "
	"CN=moon.strongswan.org\"",
	"[CFG] using trusted certificate \"C=CH, O=Linux strongSwan, CN=strongSwan Root "
	"CA\"",
	"[CFG] crl correctly signed by \"C=CH, O=Linux strongSwan, CN=strongSwan Root CA\"",
	"[CFG] crl is valid: until ",
	"[CFG] using cached crl",
	"[CFG] certificate status is good",
	"[IKE] authentication of 'moon.strongswan.org' with RSA signature successful",
	"[IKE] scheduling rekeying in ",
	"[IKE] maximum IKE_SA lifetime ",
	"[IKE] IKE_SA mh[1] established between "
	"2001::41a:a8ff:fe6f:c67[carol@strongswan.org]...2001:1::1[moon.strongswan.org]",
	"[KNL] adding SAD entry with SPI c",
	"[KNL]   using encryption algorithm AES_CBC with key size 128",
	"[KNL]   using integrity algorithm HMAC_SHA1_96 with key size 160",
	"[KNL] adding SAD entry with SPI c",
	"[IKE] CHILD_SA mh{1} established with SPIs c",
	"[IKE] establishing CHILD_SA tunnel{2}",
	"[KNL] getting SPI for reqid {2}",
	"[ENC] generating CREATE_CHILD_SA request 2 [ SA No KE TSi TSr ]",
	"[ENC] parsed CREATE_CHILD_SA response 2 [ SA No KE TSi TSr ]",
	"_o and TS 2001:1::10/128 === ::/0",
};

static void the_log_is_in_the_page_s_order(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	size_t at = 0, n = sizeof(page_log) / sizeof(page_log[0]);
	char line[4096];
	FILE *f;

	(void)state;
	pair_establish(p, true);
	f = fopen(p->log, "r");
	assert_non_null(f);
	while (at < n && fgets(line, sizeof(line), f))
		at += strstr(line, page_log[at]) != NULL;
	fclose(f);
	if (at < n)
		fail_msg("not in its place: %s", page_log[at]);
	pair_free(p);
}

static void other_suites_come_up_too(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL_WITH("", MODERN, MODERN),
		PAIR_MOON_WITH("", "moonCert.pem", MODERN, MODERN));

	(void)state;
	pair_establish(p, true);
	pair_free(p);
	p = pair_new(PAIR_CAROL_WITH("", ECP, ECP), PAIR_MOON_WITH("", "moonCert.pem", ECP, ECP));
	pair_establish(p, true);
	pair_free(p);
}

static void the_tunnel_may_come_first(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	assert_int_equal(pair_acquire(p, p->carol, "tunnel"), 1);
	pair_run(p);
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	assert_int_equal(pair_acquire(p, p->carol, "mh"), 1);
	pair_run(p);
	assert_true(pair_up(p, "mh", "carol-mh"));
	assert_non_null(pair_sa(p->carol));
	pair_free(p);
}

static void an_acquire_while_connecting_waits_for_the_same_ike_sa(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	assert_int_equal(pair_acquire(p, p->carol, "mh"), 1);
	assert_int_equal(pair_acquire(p, p->carol, "tunnel"), 1);
	assert_int_equal(pair_n_sa(p->carol), 1);
	pair_run(p);
	assert_int_equal(pair_n_sa(p->carol), 1);
	assert_true(pair_up(p, "mh", "carol-mh"));
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	assert_int_equal(pair_said(p, "initiating IKE_SA"), 1);
	pair_free(p);
}

static void acquires_are_merged_while_one_is_on_its_way(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct trap *mh = trap_by_name(p->carol->d, "mh");
	struct acquire again = { .seq = 77, .reqid = 1 };

	(void)state;
	assert_int_equal(pair_acquire(p, p->carol, "mh"), 1);
	assert_int_equal(iked_want_child(p->carol->d, mh, &again), -EALREADY);
	pair_run(p);
	assert_int_equal(p->carol->n_sent, 2);
	assert_int_equal(pair_child(p->carol, "mh")->acquire_seq, 77);
	pair_free(p);
}

static void another_group_is_asked_for_once_and_taken(void **state)
{
	struct pair *p = pair_new(
		PAIR_CAROL_WITH("", "aes128-sha1-curve25519-modp2048!", PAGE_SUITE), PAIR_MOON);

	(void)state;
	pair_establish(p, true);
	assert_int_equal(pair_said(p, "it requested MODP_2048"), 1);
	assert_int_equal(pair_sa(p->carol)->mid_out, 3);
	pair_free(p);
}

static void another_group_is_found_for_a_child_sa(void **state)
{
	struct pair *p = pair_new(
		PAIR_CAROL_WITH("", PAGE_SUITE, "aes128-sha1-curve25519-modp2048!"), PAIR_MOON);

	(void)state;
	pair_establish(p, true);
	assert_int_equal(pair_child(p->carol, "tunnel")->dh->id, 14);
	pair_free(p);
}

/* RFC 7296 section 2.6: N(COOKIE) first, then the same payloads as before. */
static void a_cookie_is_brought_back(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct in6_addr other = { .s6_addr = { 0x20, 1, 9 } };

	(void)state;
	for (uint8_t i = 0; i < 30; i++) {
		other.s6_addr[15] = i;
		limits_opened(p->moon->d->limits, &other);
	}
	pair_establish(p, false);
	assert_int_equal(p->moon->d->counts.cookies, 1);
	assert_int_equal(
		pair_said(p,
			"IKE_SA_INIT request 0 [ N(COOKIE) SA KE No N(NATD_S_IP) N(NATD_D_IP) ]"),
		2);
	pair_free(p);
}

static void no_common_proposal_ends_it(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL_WITH("", MODERN, MODERN), PAIR_MOON);

	(void)state;
	pair_acquire(p, p->carol, "mh");
	pair_run(p);
	assert_int_equal(pair_n_sa(p->carol), 1); /* not believed before it was asked again */
	assert_int_equal(pair_n_sa(p->moon), 0);
	pair_advance(p, 5000);
	assert_int_equal(pair_n_sa(p->carol), 0);
	assert_int_equal(p->carol->n_failed, 1);
	assert_string_equal(p->carol->why, "NO_PROPOSAL_CHOSEN");
	pair_free(p);
}

/* A-097, P9: the IKE_SA stays, nothing is left of the CHILD_SA. */
static void a_refused_child_sa_leaves_the_ike_sa(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL_WITH("", PAGE_SUITE, MODERN), PAIR_MOON);

	(void)state;
	pair_acquire(p, p->carol, "mh");
	pair_run(p);
	assert_non_null(pair_sa(p->carol));
	assert_non_null(pair_sa(p->moon));
	assert_null(pair_child(p->carol, "mh"));
	assert_int_equal(p->carol->n_failed, 1);
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 0);
	assert_int_equal(fake_xfrm_n_larval(p->carol->kernel), 1); /* the kernel's own, spi 0 */
	assert_int_equal(fake_xfrm_n_larval(p->moon->kernel), 0);
	pair_free(p);
}

static void a_late_answer_installs_without_the_larval_state(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	pair_acquire(p, p->carol, "mh");
	pair_step(p);
	pair_step(p);
	pair_step(p); /* the answer to IKE_AUTH is in flight */
	fake_xfrm_drop_larvals(p->carol->kernel);
	pair_run(p);
	assert_true(pair_up(p, "mh", "carol-mh"));
	pair_free(p);
}

static void a_kernel_that_refuses_leaves_nothing(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	fake_xfrm_fail(p->carol->kernel, XFRM_MSG_UPDSA, 1, -EINVAL);
	pair_acquire(p, p->carol, "mh");
	pair_run(p);
	assert_null(pair_child(p->carol, "mh"));
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 0);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 0); /* deleted by our DELETE */
	assert_non_null(pair_sa(p->carol));
	pair_free(p);
}

static void the_installed_sas_are_those_of_the_page(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct child *mh, *tunnel;
	struct xfrm_sa out, in;

	(void)state;
	pair_establish(p, true);
	mh = pair_child(p->carol, "mh");
	tunnel = pair_child(p->carol, "tunnel");
	assert_int_equal(xfrm_sa_get(p->carol->nl,
				 &(struct xfrm_sa_key){
					 .dst = mh->remote, .proto = XP_ESP, .spi = mh->spi_out },
				 &out),
		0);
	assert_int_equal(
		xfrm_sa_get(p->carol->nl,
			&(struct xfrm_sa_key){
				.dst = tunnel->local, .proto = XP_ESP, .spi = tunnel->spi_in },
			&in),
		0);
	assert_int_equal(out.replay_window, 32);
	assert_int_equal(in.replay_window, 32);
	assert_int_equal(out.mode, XM_TRANSPORT);
	assert_false(out.af_unspec);
	assert_int_equal(out.sel.src.len, 0);
	assert_true(in.af_unspec);
	assert_string_equal(out.enc_name, "cbc(aes)");
	assert_string_equal(out.auth_name, "hmac(sha1)");
	assert_int_equal(out.auth_trunc, 96);
	assert_int_equal(out.reqid, 1);
	assert_int_equal(in.reqid, 2);
	/* What the kernel gave the SPI of becomes the SA; none is made beside it. */
	assert_int_equal(fake_xfrm_count(p->carol->kernel, XFRM_MSG_UPDSA), 2);
	assert_int_equal(fake_xfrm_count(p->carol->kernel, XFRM_MSG_NEWSA), 2);
	pair_free(p);
}

/* the packet that asked was a BU, the selector is that of the connection. */
static void the_selectors_are_those_configured(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct child *c, *m;

	(void)state;
	pair_establish(p, false);
	c = pair_child(p->carol, "mh");
	m = pair_child(p->moon, "carol-mh");
	assert_int_equal(m->ts_remote.n, 1);
	assert_string_equal(ts_str(&m->ts_remote.ts[0]), "2001:1::10/128[135]");
	assert_true(ts_eq(&m->ts_remote.ts[0], &c->ts_local.ts[0]));
	assert_string_equal(child_mode_str(c), "TRANSPORT_PROXY");
	assert_string_equal(child_mode_str(m), "TRANSPORT_PROXY");
	assert_int_equal(m->mode, XM_TRANSPORT);
	pair_free(p);
}

/* what is routed waits for an ACQUIRE, and with installpolicy=no nothing is installed. */
static void routed_connections_install_nothing(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	assert_int_equal(pair_said(p, "CHILD_SA routed"), 2);
	assert_true(trap_by_name(p->carol->d, "mh")->routed);
	assert_false(trap_by_name(p->moon->d, "carol-mh")->routed);
	assert_null(trap_by_name(p->carol->d, "home"));
	assert_int_equal(fake_xfrm_n_policy(p->carol->kernel), 0);
	assert_int_equal(p->carol->n_sent, 0);
	pair_free(p);
}

static void auto_start_starts(void **state)
{
	struct pair *p;
	char carol[4096];

	(void)state;
	snprintf(carol, sizeof(carol), "%s", PAIR_CAROL);
	memcpy(strstr(carol, "auto=route"), "auto=start", 10);
	p = pair_new(carol, PAIR_MOON);
	pair_run(p);
	assert_true(pair_up(p, "mh", "carol-mh"));
	pair_free(p);
}

static void a_reload_leaves_equal_connections_alone(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	char carol[4096];

	(void)state;
	pair_establish(p, true);
	pair_forget(p);
	pair_load(p->carol, PAIR_CAROL);
	assert_int_equal(pair_said(p, "received stroke"), 0);
	assert_int_equal(trap_by_name(p->carol->d, "tunnel")->reqid_out, 2);
	snprintf(carol, sizeof(carol), "%s", PAIR_CAROL);
	memcpy(strstr(carol, "rightsubnet=::/0"), "rightsubnet=::/1", 16);
	pair_load(p->carol, carol);
	assert_int_equal(pair_said(p, "delete connection 'tunnel'"), 1);
	assert_int_equal(pair_said(p, "add connection 'tunnel'"), 1);
	assert_int_equal(pair_said(p, "add connection 'mh'"), 0);
	assert_int_equal(trap_by_name(p->carol->d, "tunnel")->reqid_out, 2); /* B-090 */
	iked_rekey_child(pair_child(p->carol, "mh"));
	pair_run(p);
	assert_true(pair_up(p, "mh", "carol-mh"));
	pair_free(p);
}

static enum pair_fate set_reserved_flag(struct pair *p, struct dgram *g)
{
	if (p->n_seen == (unsigned)p->arg)
		g->data[19] |= 0x40;
	return PAIR_PASS;
}

/* a bit that nobody looks at was changed on the way; AUTH covers it all the same. */
static void auth_covers_ike_sa_init_as_it_was(void **state)
{
	(void)state;
	for (int which = 0; which < 2; which++) {
		struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

		p->arg = which;
		p->filter = set_reserved_flag;
		pair_acquire(p, p->carol, "mh");
		pair_run(p);
		assert_int_equal(pair_n_sa(p->carol), 0);
		assert_int_equal(pair_n_sa(p->moon), 0);
		assert_true(pair_said(p, "failed: bad signature") == 1);
		pair_free(p);
	}
}

#define PLAIN_TRANSPORT(who, cert, id, left, right, rightid)                                       \
	"config setup\n\tstrictcrlpolicy=yes\nconn " who                                           \
	"\n\tauto=add\n\tkeyexchange=ikev2\n\tmobike=no\n\tinstallpolicy=no\n"                     \
	"\treqid=9\n\treauth=no\n\ttype=transport\n\tike=" PAGE_SUITE "\n\tesp=" PAGE_SUITE        \
	"\n\tleftcert=CERTS/" cert "\n\tleftid=" id "\n\tleft=" left "\n\tright=" right            \
	"\n\trightid=" rightid "\n"

/* without proxy, a transport SA is between the IKE endpoints and nobody else. */
static void plain_transport_is_between_the_ike_endpoints(void **state)
{
	static const char carol[] = PLAIN_TRANSPORT("c", "carolCert.pem", "carol@strongswan.org",
		"2001::41a:a8ff:fe6f:c67", "2001:1::1", "moon.strongswan.org");
	static const char moon[] = PLAIN_TRANSPORT("m", "moonCert.pem", "@moon.strongswan.org",
		"2001:1::1", "2001::41a:a8ff:fe6f:c67", "carol@strongswan.org");
	struct pair *p = pair_new(carol, moon);

	(void)state;
	assert_int_equal(iked_want_child(p->carol->d, trap_by_name(p->carol->d, "c"), NULL), 0);
	pair_run(p);
	assert_true(pair_up(p, "c", "m"));
	assert_string_equal(child_mode_str(pair_child(p->moon, "m")), "TRANSPORT");
	pair_free(p);
	p = pair_new(PAIR_CAROL, moon); /* carol asks for her home address */
	pair_acquire(p, p->carol, "mh");
	pair_run(p);
	assert_string_equal(p->carol->why, "TS_UNACCEPTABLE");
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 0);
	pair_free(p);
}

static void a_closed_connection_is_made_anew_by_the_next_acquire(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	pair_establish(p, false);
	iked_close_sa(pair_sa(p->carol));
	pair_run(p);
	assert_int_equal(pair_n_sa(p->carol), 0);
	assert_int_equal(pair_n_sa(p->moon), 0);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 0);
	pair_establish(p, false);
	pair_free(p);
}

static void note_down(void *arg)
{
	*(bool *)arg = true;
}

static void everything_is_deleted_at_shutdown(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	bool down = false;

	(void)state;
	pair_establish(p, true);
	iked_shutdown(p->carol->d, note_down, &down);
	pair_advance(p, 100);
	assert_int_equal(pair_n_sa(p->moon), 0);
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 0);
	assert_true(down);
	pair_free(p);
}

UNIT_MAIN(T(the_page_s_two_child_sas_come_up, "A-040 A-080 A-121 B-021 B-048"),
	T(only_who_stands_in_for_another_is_a_proxy, "B-021!"),
	T(the_messages_are_those_of_the_page, "A-040 A-080 A-087 A-088 B-048"),
	T(the_log_is_in_the_page_s_order, "A-092 A-122 A-082"),
	T(other_suites_come_up_too, "A-047 A-052 A-121 A-042"),
	T(the_tunnel_may_come_first, "B-049 B-041"),
	T(an_acquire_while_connecting_waits_for_the_same_ike_sa, "A-024 B-048!"),
	T(acquires_are_merged_while_one_is_on_its_way, "B-044 B-045 A-222"),
	T(another_group_is_asked_for_once_and_taken, "A-045"),
	T(another_group_is_found_for_a_child_sa, "A-176 A-120"),
	T(a_cookie_is_brought_back, "A-048"), T(no_common_proposal_ends_it, "A-043! F-013"),
	T(a_refused_child_sa_leaves_the_ike_sa, "A-097"),
	T(a_late_answer_installs_without_the_larval_state, "B-045"),
	T(a_kernel_that_refuses_leaves_nothing, "B-046"),
	T(the_installed_sas_are_those_of_the_page, "B-022 A-122 B-001 A-120 B-025"),
	T(the_selectors_are_those_configured, "A-125 B-020 B-024 A-132"),
	T(routed_connections_install_nothing, "A-138!"), T(auto_start_starts, "A-138"),
	T(a_reload_leaves_equal_connections_alone, "B-090!"),
	T(auth_covers_ike_sa_init_as_it_was, "A-082! A-007"),
	T(plain_transport_is_between_the_ike_endpoints, "A-127 B-024 A-126"),
	T(a_closed_connection_is_made_anew_by_the_next_acquire, "A-150"),
	T(everything_is_deleted_at_shutdown, "A-155"))
