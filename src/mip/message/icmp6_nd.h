/*
 * icmp6_nd - numbers of the ICMPv6 messages that reader and writer share.
 *
 * Units:   option lengths count 8 octets.
 * Source:  RFC 4861 section 4, RFC 6275 sections 6.5 to 7, RFC 3963 section 4.
 */
#pragma once

enum nd_opt {
	NDO_SOURCE_LLA = 1,
	NDO_PREFIX = 3,
	NDO_AGENT_INFO = 8,
};

enum { NDO_UNIT = 8, LLA_LEN = 6 };

enum ra_flag { RA_MANAGED = 0x80, RA_OTHER = 0x40, RA_HOME_AGENT = 0x20 };

enum prefix_flag { PI_ON_LINK = 0x80, PI_AUTONOMOUS = 0x40, PI_ROUTER_ADDR = 0x20 };

enum mpa_flag { MPA_MANAGED = 0x8000, MPA_OTHER = 0x4000 };

enum { DHAAD_ROUTER = 0x8000 };
