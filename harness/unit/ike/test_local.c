/* Our interfaces and addresses, as dumps and events tell them. */
#include <arpa/inet.h>
#include <unistd.h>

#include "base/log.h"
#include "ike/events/local.h"
#include "unit/ike/fake_rt.h"
#include "unit/unit.h"

static char log_path[] = "/tmp/local.log.XXXXXX";
static struct fake_rt rt;
static struct nl *nl;
static struct local *l;
static int came, went;

static void changed(void *arg, bool is_new)
{
	(void)arg;
	came += is_new;
	went += !is_new;
}

static void open_all(void)
{
	rt = (struct fake_rt){ { { 1, "::1" }, { 2, "192.168.0.100" },
		{ 2, "2001::41a:a8ff:fe6f:c67" }, { 2, "fec0::41a:a8ff:fe6f:c67" },
		{ 2, "fe80::41a:a8ff:fe6f:c67" } } };
	came = went = 0;
	assert_int_equal(fake_rt_open(&rt, &nl), 0);
	assert_int_equal(local_new(nl, changed, NULL, &l), 0);
}

static void close_all(void)
{
	local_free(l);
	nl_free(nl);
}

static struct in6_addr in6(const char *text)
{
	struct in6_addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static void event(enum rt_event_kind kind, int ifindex, const char *addr)
{
	struct rt_event ev = { .kind = kind,
		.addr = { .ifindex = ifindex, .prefix = { in6(addr), 64 } } };

	local_event(&ev, l);
}

static void link_event(enum rt_event_kind kind, int ifindex, const char *name, bool up)
{
	struct rt_event ev = { .kind = kind,
		.link = { .ifindex = ifindex, .flags = up ? IFF_UP : 0 } };

	snprintf(ev.link.name, sizeof(ev.link.name), "%s", name);
	local_event(&ev, l);
}

static const char *listed(void)
{
	static char text[512];
	const struct in6_addr *a;
	size_t at = 0;

	text[0] = '\0';
	while ((a = local_next(l, &at))) {
		strcat(text, addr_str(a));
		strcat(text, " ");
	}
	return text;
}

static void lines_said(char *out, size_t cap)
{
	FILE *f = fopen(log_path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(out, 1, cap - 1, f);
	out[n] = '\0';
	fclose(f);
}

static void the_start_lists_interfaces_that_have_addresses(void **state)
{
	char said[4096];

	(void)state;
	close(mkstemp(log_path));
	log_open("iked", LOG_STYLE_IKE, log_path, false);
	open_all();
	local_log(l);
	lines_said(said, sizeof(said));
	log_open("iked", LOG_STYLE_IKE, NULL, true);
	unlink(log_path);
	assert_non_null(strstr(said, "listening on interfaces:\n"));
	assert_non_null(strstr(said, "[KNL]   eth0\n"));
	assert_non_null(strstr(said, "[KNL]     fe80::41a:a8ff:fe6f:c67\n"));
	assert_null(strstr(said, "lo\n"));
	assert_null(strstr(said, "idle0"));
	assert_null(strstr(said, "appeared"));
	assert_int_equal(came + went, 0);
	close_all();
}

static void status_lists_no_link_local_address(void **state)
{
	(void)state;
	open_all();
	assert_string_equal(
		listed(), "192.168.0.100 2001::41a:a8ff:fe6f:c67 fec0::41a:a8ff:fe6f:c67 ");
	close_all();
}

/* The page's list after the move: the new address behind its interface's others, the HoA last. */
static void addresses_come_and_go(void **state)
{
	struct in6_addr hoa = in6("2001:1::10");

	(void)state;
	open_all();
	link_event(RE_LINK, 4, "ip6tnl1", true);
	event(RE_ADDR, 4, "2001:1::10");
	event(RE_ADDR, 2, "2001::50");
	event(RE_ADDR, 2, "2001::50"); /* the kernel repeats itself */
	event(RE_ADDR_DEL, 2, "2001::41a:a8ff:fe6f:c67");
	event(RE_ADDR_DEL, 2, "2001::41a:a8ff:fe6f:c67");
	assert_string_equal(
		listed(), "192.168.0.100 fec0::41a:a8ff:fe6f:c67 2001::50 2001:1::10 ");
	assert_int_equal(came, 3);
	assert_int_equal(went, 1);
	assert_string_equal(local_iface(l, &hoa), "ip6tnl1");
	link_event(RE_LINK_DEL, 4, "ip6tnl1", false);
	assert_int_equal(went, 2);
	close_all();
}

static void lost_events_are_made_up_for(void **state)
{
	(void)state;
	open_all();
	rt.addrs[2].addr = "2001::50";
	local_resync(l);
	assert_int_equal(came, 1);
	assert_int_equal(went, 1);
	assert_non_null(strstr(listed(), "2001::50"));
	assert_null(strstr(listed(), "2001::41a"));
	close_all();
}

UNIT_MAIN(T(the_start_lists_interfaces_that_have_addresses, ""),
	T(status_lists_no_link_local_address, ""), T(addresses_come_and_go, "B-029"),
	T(lost_events_are_made_up_for, "A-223"))
