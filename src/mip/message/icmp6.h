/*
 * icmp6 - the ICMPv6 messages of mobility and of router and neighbour discovery.
 *
 * Shapes:  one struct a message. Parsers get the message from its type octet on; the kernel has
 *          checked the checksum
 *          and makes it on sending (raw ICMPv6 socket), writers leave it 0. Lists are bounded:
 *          what does not fit is ignored.
 * Units:   lifetimes are seconds, UINT32_MAX: forever. Hop limit 255 (neighbour discovery) is
 *          the caller's check.
 * Errors:  0 or -EBADMSG (truncated, option of length 0, wrong type or code); *out untouched on
 *          failure.
 *          Writers mark the struct wr bad when it is full.
 * Source:  RFC 6275 sections 6.5 to 6.8 and 7, RFC 4861 section 4, RFC 4443 section 3.4.
 */
#pragma once

#include "base/addr.h"
#include "base/bytes.h"
#include "base/rd.h"
#include "base/wr.h"

enum icmp6_type {
	ICMP6_PARAM_PROBLEM = 4,
	ICMP6_ROUTER_SOLICIT = 133,
	ICMP6_ROUTER_ADVERT = 134,
	ICMP6_NEIGH_SOLICIT = 135,
	ICMP6_NEIGH_ADVERT = 136,
	ICMP6_DHAAD_REQUEST = 144,
	ICMP6_DHAAD_REPLY = 145,
	ICMP6_MOB_PREFIX_SOLICIT = 146,
	ICMP6_MOB_PREFIX_ADVERT = 147,
};

const char *icmp6_type_str(unsigned type);

/* RFC 4443 section 3.4 */
enum icmp6_problem_code { IPC_FIELD, IPC_NEXT_HEADER, IPC_OPTION };

enum { ICMP6_PREFIXES_MAX = 16, ICMP6_AGENTS_MAX = 77 };

struct icmp6_prefix {
	struct prefix prefix; /* with router_addr: the router's whole address and the length */
	bool on_link, autonomous, router_addr;
	uint32_t valid, preferred;
};

struct icmp6_ra {
	uint8_t hop_limit;
	bool managed, other, home_agent;
	uint16_t router_lifetime;
	bool has_lla, has_agent_info;
	uint8_t lla[6];
	int16_t agent_preference; /* 0 without agent info */
	uint16_t agent_lifetime; /* router_lifetime without agent info */
	struct icmp6_prefix prefixes[ICMP6_PREFIXES_MAX];
	size_t n_prefixes;
};

struct icmp6_mpa {
	uint16_t id;
	bool managed, other;
	struct icmp6_prefix prefixes[ICMP6_PREFIXES_MAX];
	size_t n_prefixes;
};

struct icmp6_agents { /* DHAAD reply, best first */
	uint16_t id;
	bool router;
	struct in6_addr agents[ICMP6_AGENTS_MAX];
	size_t n_agents;
};

/* A Parameter Problem, and what it says of the packet that it complains about. */
struct icmp6_problem {
	uint8_t code; /* enum icmp6_problem_code, or a number we do not know */
	uint32_t at;
	struct in6_addr src, dst;
	uint8_t proto; /* behind routing header and destination options: 135, 50, … */
	uint32_t spi; /* of ESP */
	bool is_bu;
	uint16_t seq; /* of the BU */
};

int icmp6_problem_parse(struct bytes in, struct icmp6_problem *out);
int icmp6_ra_parse(struct bytes in, struct icmp6_ra *out);
int icmp6_mps_parse(struct bytes in, uint16_t *id);
int icmp6_mpa_parse(struct bytes in, struct icmp6_mpa *out);
int icmp6_dhaad_request_parse(struct bytes in, uint16_t *id, bool *router);
int icmp6_dhaad_reply_parse(struct bytes in, struct icmp6_agents *out);

void icmp6_rs_write(struct wr *w, const uint8_t *lla); /* NULL: none, as the source is :: */
void icmp6_ns_write(struct wr *w, const struct in6_addr *target, const uint8_t *lla);
void icmp6_mps_write(struct wr *w, uint16_t id);
void icmp6_mpa_write(struct wr *w, const struct icmp6_mpa *mpa);
void icmp6_dhaad_request_write(struct wr *w, uint16_t id);
void icmp6_dhaad_reply_write(struct wr *w, const struct icmp6_agents *reply);

/*
 * The packet complained about is rebuilt: an IPv6 header and its upper-layer octets; `at` counts
 * within those octets.
 */
struct icmp6_invoking {
	struct in6_addr src, dst;
	uint8_t next_header;
	struct bytes upper;
};
void icmp6_problem_write(
	struct wr *w, uint8_t code, uint32_t at, const struct icmp6_invoking *packet);

/*
 * The solicited-node group ff02::1:ffXX:XXXX and the Mobile IPv6 home-agents anycast address of a
 * prefix.
 */
struct in6_addr icmp6_solicited_node(const struct in6_addr *a);
struct in6_addr icmp6_agents_anycast(const struct prefix *home);
