/* statusall and its JSON, held against the page's shape; the verbs over the control socket. */
#include <jansson.h>
#include <pthread.h>
#include <unistd.h>

#include "ike/control/status.h"
#include "ike/control/verbs.h"
#include "unit/ike/fake_rt.h"
#include "unit/ike/kern.h"

static struct pair *p;
static struct kern carol, moon;
static struct control control;
static struct fake_rt rt;
static struct nl *rt_nl;
static char text[65536];
static uint64_t old_spi;

static void changed(void *arg, bool came)
{
	(void)arg;
	(void)came;
}

static void child_done(void *arg, struct trap *t, int rc, const char *why)
{
	(void)arg;
	verbs_child_done(&control, t, rc, why);
}

static void sa_gone(void *arg, const struct sa *sa)
{
	(void)arg;
	verbs_sa_gone(&control, sa);
}

static void sa_inherited(void *arg, const struct sa *from, const struct sa *to)
{
	(void)arg;
	verbs_sa_inherited(&control, from, to);
}

static void open_stage(void)
{
	p = pair_new(PAIR_CAROL, PAIR_MOON);
	kern_open(&carol, p->carol, false);
	kern_open(&moon, p->moon, true);
	kern_add_policies(&carol, 1, 2, FIRST);
	kern_add_policies(&moon, 1, 2, FIRST);
	rt = (struct fake_rt){ { { 2, "192.168.0.100" }, { 2, FIRST }, { 2, "fe80::1" } } };
	assert_int_equal(fake_rt_open(&rt, &rt_nl), 0);
	control = (struct control){ .d = p->carol->d,
		.certs = p->carol->certs,
		.xfrm = p->carol->nl,
		.started = time(NULL),
		.started_ms = loop_now() };
	assert_int_equal(local_new(rt_nl, changed, NULL, &control.local), 0);
	assert_int_equal(verbs_new(&control), 0);
	p->carol->d->seams.child_done = child_done;
	p->carol->d->seams.sa_gone = sa_gone;
	p->carol->d->seams.sa_inherited = sa_inherited;
	text[0] = '\0';
}

static void close_stage(void)
{
	p->carol->d->seams.child_done = NULL;
	p->carol->d->seams.sa_gone = NULL;
	p->carol->d->seams.sa_inherited = NULL;
	verbs_free(&control);
	local_free(control.local);
	nl_free(rt_nl);
	kern_close(&carol);
	kern_close(&moon);
	pair_free(p);
}

static void establish(void)
{
	assert_int_equal(kern_packet(&carol, IPPROTO_MH, 5), 1);
	pair_run(p);
	assert_int_equal(kern_packet(&carol, IPPROTO_ICMPV6, 146), 1);
	pair_run(p);
}

static void collect(void *arg, const char *line)
{
	(void)arg;
	strcat(text, line);
	strcat(text, "\n");
}

static void assert_says(const char *line)
{
	if (!strstr(text, line))
		fail_msg("\"%s\" is not in:\n%s", line, text);
}

static void the_page_s_facts_are_in_the_page_s_shape(void **state)
{
	struct status_out out = { collect, NULL, NULL, true };
	struct sa *sa;
	struct child *c;
	char line[256];

	(void)state;
	open_stage();
	establish();
	sa = pair_sa(p->carol);
	c = pair_child(p->carol, "mh");
	status_text(&control, &out);
	assert_says("Performance:\n  uptime: 0 seconds, since ");
	assert_says("Listening IP addresses:\n  192.168.0.100\n  2001::41a:a8ff:fe6f:c67\n"
		    "Connections:\n");
	assert_says(
		"          mh:  %any[carol@strongswan.org]...2001:1::1[moon.strongswan.org]\n"
		"          mh:  CAs: \"C=CH, O=Linux strongSwan, CN=strongSwan Root CA\"...%any\n"
		"          mh:  public key authentication\n"
		"          mh:    2001:1::10/128[135] === 2001:1::1/128[135]\n"
		"      tunnel:    2001:1::10/128 === ::/0\n"
		"Security Associations:\n");
	snprintf(line, sizeof(line),
		"          mh[1]: IKE SPIs: %016llx_i* %016llx_r, rekeying in ",
		(unsigned long long)sa->spi_i, (unsigned long long)sa->spi_r);
	assert_says(line);
	assert_says("          mh[1]: ESTABLISHED, 2001::41a:a8ff:fe6f:c67[carol@strongswan.org]..."
		    "2001:1::1[moon.strongswan.org]\n");
	assert_says("          mh[1]: IKE proposal: "
		    "AES_CBC-128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048_BIT\n"
		    "          mh{1}:  ROUTED, TRANSPORT_PROXY\n"
		    "          mh{1}:   2001:1::10/128[135] === 2001:1::1/128[135]\n"
		    "      tunnel{2}:  ROUTED, TUNNEL\n"
		    "      tunnel{2}:   2001:1::10/128 === ::/0\n");
	snprintf(line, sizeof(line),
		"          mh{1}:  INSTALLED, TRANSPORT_PROXY, ESP SPIs: %08x_i %08x_o\n"
		"          mh{1}:  AES_CBC-128/HMAC_SHA1_96, rekeying in ",
		c->spi_in, c->spi_out);
	assert_says(line);
	assert_says("      tunnel{2}:  INSTALLED, TUNNEL, ESP SPIs: ");
	close_stage();
}

static void status_is_the_short_form(void **state)
{
	struct status_out out = { collect, NULL, NULL, false };

	(void)state;
	open_stage();
	establish();
	status_text(&control, &out);
	assert_true(strstr(text, "Security Associations:\n") == text);
	assert_null(strstr(text, "IKE SPIs"));
	assert_null(strstr(text, "rekeying in"));
	assert_says("      tunnel{2}:  INSTALLED, TUNNEL, ESP SPIs: ");
	close_stage();
}

static void one_connection_or_none_can_be_asked_for(void **state)
{
	struct status_out one = { collect, NULL, "tunnel", false },
			  none = { collect, NULL, "x", false };

	(void)state;
	open_stage();
	status_text(&control, &one);
	assert_says("      tunnel{2}:  ROUTED, TUNNEL\n");
	assert_null(strstr(text, "mh{1}"));
	text[0] = '\0';
	status_text(&control, &none);
	assert_says("  no match\n");
	close_stage();
}

static void json_says_the_same(void **state)
{
	struct status_out out = { collect, NULL, NULL, true };
	json_t *top, *sa, *child;

	(void)state;
	open_stage();
	establish();
	status_json(&control, &out);
	top = json_loads(text, 0, NULL);
	assert_non_null(top);
	assert_int_equal(json_array_size(json_object_get(top, "connections")), 2);
	sa = json_array_get(json_object_get(top, "sas"), 0);
	assert_string_equal(json_string_value(json_object_get(sa, "state")), "ESTABLISHED");
	child = json_array_get(json_object_get(sa, "children"), 0);
	assert_string_equal(json_string_value(json_object_get(child, "name")), "mh");
	assert_string_equal(json_string_value(json_object_get(child, "mode")), "TRANSPORT_PROXY");
	assert_int_equal(json_integer_value(json_object_get(child, "reqid")), 1);
	assert_true(json_integer_value(json_object_get(child, "rekey_in_s")) > 0);
	json_decref(top);
	close_stage();
}

/* The client is another thread, as it is another process in life. */
static struct {
	char path[64];
	const char *line;
	int status;
	struct ctl *ctl;
} talk;

static void *client(void *arg)
{
	(void)arg;
	talk.status = ctl_ask(talk.path, talk.line, collect, NULL, 10000);
	return NULL;
}

static void serve(struct ctl_req *req, void *arg)
{
	verbs_serve(req, arg);
	loop_stop();
}

/* Ask; what is parked is answered while `meanwhile` runs. */
static int ask(const char *line, void (*meanwhile)(void))
{
	pthread_t t;

	snprintf(talk.path, sizeof(talk.path), "/tmp/verbs.%d", (int)getpid());
	talk.line = line;
	text[0] = '\0';
	assert_int_equal(ctl_serve(talk.path, serve, &control, &talk.ctl), 0);
	assert_int_equal(pthread_create(&t, NULL, client, NULL), 0);
	assert_int_equal(loop_run(), 0);
	if (meanwhile)
		meanwhile();
	pthread_join(t, NULL);
	ctl_free(talk.ctl);
	loop_end();
	return talk.status;
}

static void let_it_run(void)
{
	pair_run(p);
}

static enum pair_fate drop(struct pair *pair, struct dgram *g)
{
	(void)pair;
	(void)g;
	return PAIR_DROP;
}

static void time_passes(void)
{
	p->filter = drop;
	pair_advance(p, 700000);
}

static void up_tells_what_happens_until_it_is_done(void **state)
{
	(void)state;
	open_stage();
	assert_int_equal(ask("up mh", let_it_run), 0);
	assert_says("initiating IKE_SA mh[1] to 2001:1::1\n");
	assert_says("authentication of 'moon.strongswan.org' with RSA signature successful\n");
	assert_says("CHILD_SA mh{1} established with SPIs ");
	assert_says("connection 'mh' established successfully\n");
	assert_int_equal(ask("up mh", NULL), 0);
	assert_says("CHILD_SA mh{1} is established already\n");
	close_stage();
}

static void up_fails_with_a_reason(void **state)
{
	(void)state;
	open_stage();
	assert_int_equal(ask("up mh", time_passes), 1);
	assert_says("retransmit 5 of request with message ID 0\n");
	assert_says("establishing connection 'mh' failed: ");
	p->filter = NULL;
	assert_int_equal(ask("up nobody", NULL), 1);
	assert_says("no connection named 'nobody'\n");
	close_stage();
}

static void down_waits_for_the_ike_sa_s_end(void **state)
{
	(void)state;
	open_stage();
	establish();
	assert_int_equal(ask("down tunnel{2}", NULL), 0);
	pair_run(p);
	assert_null(pair_child(p->carol, "tunnel"));
	assert_non_null(pair_sa(p->carol));
	assert_int_equal(ask("down mh", let_it_run), 0);
	assert_null(pair_sa(p->carol));
	assert_null(pair_sa(p->moon));
	assert_int_equal(ask("down mh", NULL), 1);
	assert_says("no match\n");
	assert_int_equal(ask("down mh[x", NULL), 2);
	close_stage();
}

/* The Delete of an IKE_SA that a rekey has made is lost once. */
static enum pair_fate heirs_delete_is_lost(struct pair *pair, struct dgram *g)
{
	struct msg m;

	assert_int_equal(msg_parse(BYTES(g->data, g->n), &m), 0);
	if (m.exchange != XCHG_INFORMATIONAL || m.spi_i == old_spi)
		return PAIR_PASS;
	pair->filter = NULL;
	return PAIR_DROP;
}

static void the_old_one_goes_first(void)
{
	p->filter = heirs_delete_is_lost;
	pair_run(p);
	assert_null(p->filter);
	assert_int_equal(pair_n_sa(p->carol), 1);
	pair_advance(p, 5000);
}

static void down_during_a_rekey_waits_for_the_end_of_the_new_ike_sa(void **state)
{
	(void)state;
	open_stage();
	establish();
	old_spi = pair_sa(p->carol)->spi_i;
	assert_int_equal(ask("rekey mh[1]", NULL), 0);
	assert_int_equal(ask("down mh", the_old_one_goes_first), 0);
	assert_says("retransmit 1 of request with message ID 0\n");
	assert_int_equal(pair_n_sa(p->carol), 0);
	assert_int_equal(pair_n_sa(p->moon), 0);
	close_stage();
}

static void rekey_names_one_sa(void **state)
{
	uint32_t mh, tunnel;
	uint64_t spi;

	(void)state;
	open_stage();
	establish();
	mh = pair_child(p->carol, "mh")->spi_in;
	tunnel = pair_child(p->carol, "tunnel")->spi_in;
	spi = pair_sa(p->carol)->spi_i;
	assert_int_equal(ask("rekey tunnel{2}", NULL), 0);
	pair_run(p);
	assert_int_equal(pair_child(p->carol, "mh")->spi_in, mh);
	assert_true(pair_child(p->carol, "tunnel")->spi_in != tunnel);
	assert_int_equal(ask("rekey mh[1]", NULL), 0);
	pair_run(p);
	assert_true(pair_sa(p->carol)->spi_i != spi);
	assert_int_equal(ask("rekey tunnel{9}", NULL), 1);
	close_stage();
}

/* A connection that is no more in the configuration: what stands of it has its name. */
static void what_a_removed_connection_left_is_rekeyed_and_closed_by_name(void **state)
{
	char rest[4096];
	uint32_t spi;

	(void)state;
	open_stage();
	establish();
	snprintf(rest, sizeof(rest), "%s", PAIR_CAROL);
	memcpy(strstr(rest, "conn tunnel"), "conn funnel", 11);
	memcpy(strstr(rest, "rightsubnet=::/0"), "rightsubnet=::/1", 16);
	pair_load(p->carol, rest);
	spi = LIST_FIRST(&trap_by_name(p->carol->d, "tunnel")->children)->spi_in;
	assert_int_equal(ask("up tunnel", NULL), 1);
	assert_int_equal(ask("rekey tunnel{2}", NULL), 0);
	pair_run(p);
	assert_int_not_equal(pair_child(p->carol, "tunnel")->spi_in, spi);
	assert_int_equal(ask("down tunnel{2}", NULL), 0);
	pair_run(p);
	assert_null(trap_by_name(p->carol->d, "tunnel"));
	assert_null(pair_child(p->moon, "carol-tunnel"));
	close_stage();
}

static void routes_and_levels_and_lists(void **state)
{
	(void)state;
	open_stage();
	assert_int_equal(ask("unroute tunnel", NULL), 0);
	assert_false(trap_by_name(p->carol->d, "tunnel")->routed);
	assert_int_equal(ask("route tunnel", NULL), 0);
	assert_true(trap_by_name(p->carol->d, "tunnel")->routed);
	assert_int_equal(ask("loglevel knl 1", NULL), 0);
	assert_int_equal(ask("loglevel knl 9", NULL), 2);
	assert_int_equal(ask("listcacerts", NULL), 0);
	assert_says("CN=strongSwan Root CA\"\n");
	assert_int_equal(ask("listcerts", NULL), 0);
	assert_says("has private key\n");
	assert_int_equal(ask("listcrls", NULL), 0);
	assert_says("  revoked:  ");
	assert_int_equal(ask("statusall --json", NULL), 0);
	assert_says("\"connections\"");
	assert_int_equal(ask("fly", NULL), 2);
	assert_says("not understood: fly\n");
	assert_int_equal(ask("up", NULL), 2);
	close_stage();
}

UNIT_MAIN(T(the_page_s_facts_are_in_the_page_s_shape, "E-041 E-042 A-221"),
	T(status_is_the_short_form, ""), T(one_connection_or_none_can_be_asked_for, ""),
	T(json_says_the_same, ""), T(up_tells_what_happens_until_it_is_done, ""),
	T(up_fails_with_a_reason, "A-023!"), T(down_waits_for_the_ike_sa_s_end, ""),
	T(down_during_a_rekey_waits_for_the_end_of_the_new_ike_sa, "A-276"),
	T(rekey_names_one_sa, ""),
	T(what_a_removed_connection_left_is_rekeyed_and_closed_by_name, "A-257"),
	T(routes_and_levels_and_lists, ""))
