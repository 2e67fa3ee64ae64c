/*
 * packet - one datagram of IKE, from the IKE header on, either way.
 *
 * Shapes:  data is a view, valid as long as whoever hands it on says.
 * Units:   ports in host order.
 * Source:  RFC 7296 section 3.1.
 */
#pragma once

#include "base/addr.h"
#include "base/bytes.h"

enum { IKE_PORT = 500 };

struct packet {
	struct in6_addr local, remote;
	uint16_t local_port, remote_port;
	struct bytes data;
};
