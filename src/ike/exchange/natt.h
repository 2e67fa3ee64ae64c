/*
 * natt - is there a NAT between us and the peer? NAT detection notifies, written and compared.
 *
 * Errors:  natt_detected is true when the peer sent hashes and none of them fits the packet.
 * Source:  RFC 7296 section 2.23.
 */
#pragma once

#include "ike/message/msg.h"
#include "ike/sa/sa.h"

void natt_put(const struct sa *sa, uint64_t spi_r, struct msg_out *out);

struct packet;
bool natt_detected(const struct packet *p, const struct msg *in);
