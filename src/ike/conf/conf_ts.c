#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ike/conf/conf_read.h"

static const struct name protocols[] = {
	{ 0, "%any" },
	{ 6, "tcp" },
	{ 58, "icmp" }, /* of IPv6, as all here */
	{ 58, "icmp6" },
	{ 50, "esp" },
	{ 51, "ah" },
	{ 47, "gre" },
	{ 41, "ipv6" },
	{ 4, "ipip" },
	{ 89, "ospf" },
	{ 103, "pim" },
	{ 136, "udplite" },
	{ 17, "udp" },
	{ 58, "ipv6-icmp" },
	{ 58, "icmpv6" },
	{ 132, "sctp" },
	{ 135, "mobility-header" },
	{ 135, "mh" },
};

static const struct name services[] = {
	{ 0, "%any" },
	{ 20, "ftp-data" },
	{ 21, "ftp" },
	{ 22, "ssh" },
	{ 23, "telnet" },
	{ 25, "smtp" },
	{ 53, "domain" },
	{ 69, "tftp" },
	{ 80, "http" },
	{ 110, "pop3" },
	{ 111, "sunrpc" },
	{ 123, "ntp" },
	{ 143, "imap2" },
	{ 143, "imap" },
	{ 161, "snmp" },
	{ 162, "snmp-trap" },
	{ 179, "bgp" },
	{ 389, "ldap" },
	{ 443, "https" },
	{ 500, "isakmp" },
	{ 514, "syslog" },
	{ 546, "dhcpv6-client" },
	{ 547, "dhcpv6-server" },
	{ 554, "rtsp" },
	{ 587, "submission" },
	{ 636, "ldaps" },
	{ 853, "domain-s" },
	{ 993, "imaps" },
	{ 995, "pop3s" },
	{ 1701, "l2f" },
	{ 1701, "l2tp" },
	{ 1812, "radius" },
	{ 1813, "radius-acct" },
	{ 2049, "nfs" },
	{ 3306, "mysql" },
	{ 4500, "ipsec-nat-t" },
	{ 5060, "sip" },
	{ 5061, "sip-tls" },
	{ 5353, "mdns" },
	{ 5432, "postgresql" },
	{ 6514, "syslog-tls" },
};

/* Elsewhere it is a type of message, which none of the names is. */
static bool has_ports(unsigned proto)
{
	return proto == 6 || proto == 17 || proto == 132 || proto == 136;
}

static int number(const char *text, unsigned max, unsigned *out)
{
	size_t n = strspn(text, "0123456789");
	unsigned long v;

	if (n < 1 || n > 5 || text[n])
		return -EINVAL;
	v = strtoul(text, NULL, 10);
	if (v > max)
		return -EINVAL;
	*out = (unsigned)v;
	return 0;
}

int conf_protoport(const char *text, uint8_t *proto, int *port)
{
	const char *slash = strchr(text, '/');
	own_mem char *word = slash ? strndup(text, (size_t)(slash - text)) : strdup(text);
	unsigned n = 0, p = 0;
	int known;

	if (!word)
		return -EINVAL;
	if (names_value(NAMES(protocols), word, &known) == 0)
		n = (unsigned)known;
	else if (number(word, 255, &n) < 0)
		return -EINVAL;
	if (slash && names_value(NAMES(services), slash + 1, &known) == 0 &&
		(!known || has_ports(n)))
		p = (unsigned)known;
	else if (slash && number(slash + 1, 65535, &p) < 0)
		return -EINVAL;
	if (p && !n)
		return -EINVAL; /* a port of which protocol? */
	*proto = (uint8_t)n;
	*port = p ? (int)p : SEL_ANY; /* 0: any */
	return 0;
}

/* "net" or "net[proto/port]" */
static int selector(char *item, const char *protoport, struct ts *out)
{
	char *open = strchr(item, '[');
	size_t n = strlen(item);
	struct prefix net;
	uint8_t proto = 0;
	int port = SEL_ANY;

	if (open) {
		if (item[n - 1] != ']')
			return -EINVAL;
		item[n - 1] = '\0';
		*open = '\0';
		protoport = open + 1;
	}
	if (protoport && conf_protoport(protoport, &proto, &port) < 0)
		return -EINVAL;
	if (prefix_parse(item, &net) < 0 || addr_is_v4(&net.addr))
		return -EINVAL;
	*out = ts_of(&net, proto, port);
	return 0;
}

int conf_selectors(const char *text, const char *protoport, struct ts_list *out)
{
	struct ts_list list = { 0 };
	own_mem char *copy = strdup(text);
	char *save = NULL;
	size_t n = 0;

	if (!copy)
		return -EINVAL;
	for (char *w = strtok_r(copy, ", \t", &save); w; w = strtok_r(NULL, ", \t", &save)) {
		n++;
		if (!strcmp(w, "%dynamic"))
			continue;
		if (list.n == TS_MAX || selector(w, protoport, &list.ts[list.n]) < 0)
			return -EINVAL;
		list.n++;
	}
	if (!n)
		return -EINVAL;
	*out = list;
	return 0;
}
