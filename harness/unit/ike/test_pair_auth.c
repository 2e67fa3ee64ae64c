/*
 * Who may be whom: certificates, identities and home addresses.
 */
#include <errno.h>
#include <linux/xfrm.h>

#include "unit/ike/pair.h"

static const char *with_word(const char *text, const char *from, const char *to)
{
	static char out[8192];
	const char *at = strstr(text, from);

	assert_non_null(at);
	snprintf(out, sizeof(out), "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	return out;
}

static struct pair *with_moon(const char *cert)
{
	char moon[4096];

	snprintf(moon, sizeof(moon), "%s", PAIR_MOON_WITH("", "@@@@", PAGE_SUITE, PAGE_SUITE));
	char *at = strstr(moon, "@@@@");
	char rest[4096];

	snprintf(rest, sizeof(rest), "%s", at + 4);
	snprintf(at, sizeof(moon) - (size_t)(at - moon), "%s%s", cert, rest);
	return pair_new(PAIR_CAROL, moon);
}

/* A-083: both lose the IKE_SA, nothing is installed, the log says why. */
static void must_fail(struct pair *p, const char *line)
{
	pair_acquire(p, p->carol, "mh");
	pair_run(p);
	assert_int_equal(pair_n_sa(p->carol), 0);
	assert_int_equal(pair_n_sa(p->moon), 0);
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 0);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 0);
	assert_int_equal(p->carol->n_failed, 1);
	assert_true(pair_said(p, line) > 0);
	pair_free(p);
}

static void certificates_go_out_as_configured(void **state)
{
	static const char *const when[] = { "always", "ifasked", "yes" };

	(void)state;
	for (size_t i = 0; i < sizeof(when) / sizeof(when[0]); i++) {
		char carol[4096];
		struct pair *p;

		snprintf(carol, sizeof(carol), "%s\tleftsendcert=%s\n", PAIR_CAROL, when[i]);
		p = pair_new(carol, PAIR_MOON);
		pair_establish(p, false);
		assert_true(pair_said(p,
				    "sending end entity cert \"C=CH, O=Linux strongSwan, "
				    "OU=Research, CN=carol@strongswan.org\"") == 1);
		pair_free(p);
	}
	must_fail(pair_new(PAIR_CAROL "\tleftsendcert=never\n", PAIR_MOON),
		"no certificate of 'carol@strongswan.org' came");
}

/* carol trusts the root only; moon has the issuing CA in its file, or among its CAs. */
static struct pair *with_issued_moon(const char *cert, const char *issuing)
{
	struct pair *p = pair_new(NULL, NULL);
	char moon[8192];

	pair_trust(p->carol, "strongswanCert.pem", "strongswan.crl");
	pair_trust(p->moon, "strongswanCert.pem", "strongswan.crl");
	if (issuing)
		pair_trust(p->moon, issuing, "");
	pair_load(p->carol, with_word(PAIR_CAROL, "strictcrlpolicy=yes", "strictcrlpolicy=no"));
	snprintf(moon, sizeof(moon), "%s", with_word(PAIR_MOON, "moonCert.pem", cert));
	pair_load(p->moon, moon);
	return p;
}

static void a_moon_of_an_issuing_ca_sends_the_way_to_the_root(void **state)
{
	static const char *const rows[][2] = { { "moonIssuedChain.pem", NULL },
		{ "moonIssuedCert.pem", "issuingCert.pem" },
		{ "moonIssuedChain.pem", "issuingCert.pem" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair *p = with_issued_moon(rows[i][0], rows[i][1]);

		pair_establish(p, false);
		assert_int_equal(pair_said(p, "IKE_AUTH response 1 [ IDr CERT CERT AUTH"), 2);
		assert_int_equal(pair_said(p,
					 "sending issuer cert \"C=CH, O=Linux strongSwan, "
					 "CN=strongSwan Issuing CA\""),
			1);
		assert_int_equal(pair_said(p, "received issuer cert"), 1);
		pair_free(p);
	}
	must_fail(with_issued_moon("moonIssuedCert.pem", NULL), "no issuer certificate found");
}

static void the_root_is_never_sent(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	pair_establish(p, false);
	assert_int_equal(pair_said(p, "issuer cert \""), 0);
	pair_free(p);
}

static void a_revoked_moon_is_not_believed(void **state)
{
	(void)state;
	must_fail(with_moon("moonRevokedCert.pem"), "certificate was revoked on");
}

static void an_expired_moon_is_not_believed(void **state)
{
	(void)state;
	must_fail(with_moon("moonExpiredCert.pem"), "is not accepted");
}

static void a_moon_of_an_unknown_ca_is_not_believed(void **state)
{
	(void)state;
	must_fail(with_moon("moonUnknownCaCert.pem"), "is not accepted");
}

/* The certificate does not hold leftid: moon falls back to its subject, which carol did not ask
 * for. */
static void a_moon_with_another_name_is_not_believed(void **state)
{
	(void)state;
	must_fail(with_moon("moonWrongNameCert.pem"), "no matching peer config found");
}

static void a_stale_crl_is_no_status(void **state)
{
	struct pair *p = pair_new(NULL, PAIR_MOON);

	(void)state;
	pair_trust(p->carol, "strongswanCert.pem", "strongswanStale.crl");
	pair_load(p->carol, PAIR_CAROL);
	must_fail(p, "crl is stale: since");
}

static void without_strict_policy_a_missing_crl_is_tolerated(void **state)
{
	struct pair *p = pair_new(NULL, PAIR_MOON);
	char text[4096];

	(void)state;
	pair_trust(p->carol, "strongswanCert.pem", "");
	snprintf(text, sizeof(text), "%s", PAIR_CAROL);
	memcpy(strstr(text, "strictcrlpolicy=yes"), "strictcrlpolicy=no ", 19);
	pair_load(p->carol, text);
	pair_establish(p, false);
	pair_free(p);
}

/* A-085: a good certificate of our CA, but not one of the identity that it comes with. */
static void an_identity_that_the_certificate_does_not_hold_is_refused(void **state)
{
	struct pair *p = with_moon("moonWrongNameCert.pem");
	struct conn *moon = trap_by_name(p->moon->d, "carol-mh")->conn;

	(void)state;
	assert_int_equal(ident_set(&moon->local.id, ID_FQDN, BYTES_STR("moon.strongswan.org")), 0);
	must_fail(p, "does not hold the identity 'moon.strongswan.org'");
}

/* The same at the home agent: carol proves her own key, and says that she is dave. */
static void an_initiator_with_another_s_name_is_refused(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct conn *carol = trap_by_name(p->carol->d, "mh")->conn;

	(void)state;
	assert_int_equal(
		ident_set(&carol->local.id, ID_RFC822, BYTES_STR("dave@strongswan.org")), 0);
	must_fail(p, "does not hold the identity 'dave@strongswan.org'");
}

static void another_responder_identity_is_refused(void **state)
{
	char carol[4096];

	(void)state;
	snprintf(carol, sizeof(carol), "%s", PAIR_CAROL);
	memcpy(strstr(carol, "rightid=moon"), "rightid=mars", 12);
	must_fail(pair_new(carol, PAIR_MOON), "no matching peer config found");
}

static void an_unknown_initiator_is_refused(void **state)
{
	char moon[8192];

	(void)state;
	snprintf(moon, sizeof(moon), "%s", PAIR_MOON);
	memcpy(strstr(moon, "rightid=carol@"), "rightid=karel@", 14);
	must_fail(pair_new(PAIR_CAROL, moon), "received AUTHENTICATION_FAILED notify error");
}

/* B-080, B-081: dave is dave, but 2001:1::10 is carol's. */
static void a_stolen_home_address_is_unacceptable(void **state)
{
	struct pair *p;
	char dave[4096];
	char *at;

	(void)state;
	snprintf(dave, sizeof(dave), "%s", PAIR_CAROL);
	while ((at = strstr(dave, "carol")))
		memmove(at + 4, at + 5, strlen(at + 5) + 1), memcpy(at, "dave", 4);
	p = pair_new(dave, PAIR_MOON);
	pair_acquire(p, p->carol, "mh");
	pair_run(p);
	assert_non_null(pair_sa(p->moon));
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 0);
	assert_int_equal(pair_said(p,
				 "identity 'dave@strongswan.org' not authorised for home "
				 "address 2001:1::10"),
		1);
	assert_string_equal(p->carol->why, "TS_UNACCEPTABLE");
	pair_acquire(p, p->carol, "tunnel"); /* and not by CREATE_CHILD_SA either */
	pair_run(p);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 0);
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 0);
	assert_int_equal(p->carol->n_failed, 2);
	pair_free(p);
}

/* B-025: what one side has as transport_proxy is never a tunnel for the other. */
static void transport_never_becomes_a_tunnel(void **state)
{
	struct pair *p;
	char moon[8192];

	(void)state;
	snprintf(moon, sizeof(moon), "%s", PAIR_MOON);
	memcpy(strstr(moon, "type=transport_proxy"), "type=tunnel         ", 20);
	p = pair_new(PAIR_CAROL, moon);
	pair_acquire(p, p->carol, "mh");
	pair_run(p);
	assert_int_equal(fake_xfrm_count(p->moon->kernel, XFRM_MSG_NEWSA), 0);
	assert_int_equal(fake_xfrm_n_sa(p->carol->kernel), 0);
	assert_string_equal(p->carol->why, "TS_UNACCEPTABLE");
	assert_non_null(pair_sa(p->carol));
	pair_free(p);
}

/* moon's answer to IKE_AUTH without N(USE_TRANSP), sealed again. */
static enum pair_fate decline_transport(struct pair *p, struct dgram *g)
{
	struct sa *sa = iked_next_sa(p->carol->d, NULL);
	own_blob plain = { 0 };
	uint8_t inner[4096];
	struct msg_out o;
	struct msg m;
	struct ident id = { 0 };
	ssize_t n;

	assert_int_equal(msg_parse(BYTES(g->data, g->n), &m), 0);
	if (m.exchange != XCHG_IKE_AUTH || !(m.flags & F_RESPONSE))
		return PAIR_PASS;
	assert_int_equal(sk_open(&sa->keys.r, m.raw, m.sk_head, &plain), 0);
	assert_int_equal(msg_parse_inner(blob_view(&plain), m.sk_first, &m), 0);
	assert_non_null(msg_notify(&m, N_USE_TRANSPORT_MODE));
	assert_int_equal(ident_set(&id, m.idr.type, m.idr.data), 0);
	msg_begin_inner(&o, inner, sizeof(inner));
	put_id(&o, PLD_IDR, &id);
	put_cert(&o, m.cert[0].data);
	put_auth(&o, m.auth.method, m.auth.data);
	put_sa(&o, &m.sa);
	put_ts(&o, PLD_TSI, &m.tsi);
	put_ts(&o, PLD_TSR, &m.tsr);
	assert_true(msg_end(&o) > 0);
	n = msg_seal(g->data, sizeof(g->data), &sa->keys.r, sa->spi_i, sa->spi_r, XCHG_IKE_AUTH,
		F_RESPONSE, 1, msg_first(&o), BYTES(inner, o.w.n));
	assert_true(n > 0);
	g->n = (size_t)n;
	ident_free(&id);
	return PAIR_PASS;
}

static void a_declined_transport_mode_is_no_tunnel(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);

	(void)state;
	p->filter = decline_transport;
	pair_acquire(p, p->carol, "mh");
	pair_run(p);
	assert_int_equal(fake_xfrm_count(p->carol->kernel, XFRM_MSG_NEWSA), 0);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 0); /* told to delete it */
	assert_int_equal(p->carol->n_failed, 1);
	assert_non_null(pair_sa(p->carol));
	pair_free(p);
}

/* A-098: carol lost her memory. */
static void initial_contact_ends_the_older_ike_sa(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL, PAIR_MOON);
	struct sa *old;

	(void)state;
	pair_establish(p, true);
	old = pair_sa(p->carol);
	assert_non_null(old);
	sa_free(old);
	pair_establish(p, true);
	assert_int_equal(pair_n_sa(p->moon), 1);
	assert_int_equal(fake_xfrm_n_sa(p->moon->kernel), 4);
	assert_int_equal(pair_said(p, "received INITIAL_CONTACT"), 1);
	pair_free(p);
}

static void a_wildcard_identity_admits_many(void **state)
{
	struct pair *p;
	char moon[8192];
	char *at;

	(void)state;
	snprintf(moon, sizeof(moon), "%s", PAIR_MOON);
	at = strstr(moon, "rightid=carol@strongswan.org");
	memcpy(at, "rightid=*@strongswan.org    ", 28);
	p = pair_new(NULL, NULL);
	pair_trust(p->carol, "strongswanCert.pem", "strongswan.crl");
	pair_trust(p->moon, "strongswanCert.pem", "strongswan.crl");
	pair_load(p->carol, PAIR_CAROL);
	at = strstr(moon, "type=transport_proxy"); /* B-083 wants a plain type for it */
	memcpy(at, "type=tunnel         ", 20);
	pair_load(p->moon, moon);
	pair_acquire(p, p->carol, "tunnel");
	pair_run(p);
	assert_true(pair_up(p, "tunnel", "carol-tunnel"));
	pair_free(p);
}

/* 2.9: who asks for everything gets the two hosts; that is what carol takes too. */
static void wide_selectors_of_a_transport_sa_become_its_two_hosts(void **state)
{
	struct pair *p = pair_new(PAIR_CAROL
		"conn host\n\talso=home\n\tleftsubnet=::/0\n\trightsubnet=::/0\n"
		"\ttype=transport\n\tauto=add\n",
		PAIR_MOON "conn host\n\talso=ha\n\trightid=carol@strongswan.org\n"
			  "\ttype=transport\n\tauto=add\n");

	(void)state;
	assert_int_equal(iked_want_child(p->carol->d, trap_by_name(p->carol->d, "host"), NULL), 0);
	pair_run(p);
	assert_true(pair_up(p, "host", "host"));
	assert_int_equal(pair_child(p->moon, "host")->mode, XM_TRANSPORT);
	pair_free(p);
}

static void a_failed_peer_is_left_alone_for_ten_seconds(void **state)
{
	struct pair *p = with_moon("moonRevokedCert.pem");
	struct trap *mh = trap_by_name(p->carol->d, "mh");
	struct acquire acq = { .seq = 1, .reqid = 1 };

	(void)state;
	pair_acquire(p, p->carol, "mh");
	pair_run(p);
	assert_int_equal(iked_want_child(p->carol->d, mh, &acq), -EBUSY);
	assert_int_equal(pair_n_sa(p->carol), 0);
	pair_advance(p, 9000);
	assert_int_equal(p->carol->n_failed, 1);
	pair_advance(p, 2000);
	assert_int_equal(p->carol->n_failed, 2);
	pair_free(p);
}

UNIT_MAIN(T(certificates_go_out_as_configured, "A-089"),
	T(a_moon_of_an_issuing_ca_sends_the_way_to_the_root, "A-089"),
	T(the_root_is_never_sent, "A-089!"), T(a_revoked_moon_is_not_believed, "A-083! A-092!"),
	T(an_expired_moon_is_not_believed, "A-090! A-083!"),
	T(a_moon_of_an_unknown_ca_is_not_believed, "A-091! A-090! A-083!"),
	T(a_moon_with_another_name_is_not_believed, "A-085! A-087!"),
	T(a_stale_crl_is_no_status, "A-092!"),
	T(without_strict_policy_a_missing_crl_is_tolerated, "A-092"),
	T(another_responder_identity_is_refused, "A-087! A-101"),
	T(an_unknown_initiator_is_refused, "A-083! A-101!"),
	T(a_stolen_home_address_is_unacceptable, "B-080! B-081! B-082! F-002! A-124!"),
	T(an_initiator_with_another_s_name_is_refused, "A-083! A-085!"),
	T(an_identity_that_the_certificate_does_not_hold_is_refused, "A-085! A-083!"),
	T(a_declined_transport_mode_is_no_tunnel, "A-126! B-025! F-020!"),
	T(transport_never_becomes_a_tunnel, "A-126! B-025! F-020!"),
	T(wide_selectors_of_a_transport_sa_become_its_two_hosts, "A-127! A-261"),
	T(initial_contact_ends_the_older_ike_sa, "A-098 A-099"),
	T(a_wildcard_identity_admits_many, "A-086"),
	T(a_failed_peer_is_left_alone_for_ten_seconds, "B-046"))
