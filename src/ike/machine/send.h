/*
 * send - the one place where datagrams leave.
 *
 * What a stranger caused leaves only as long as there is room in the budget of such answers, unless
 * it is owed: a request of ours, the answer to one that was admitted.
 * Shapes:  octets are copied where they are kept.
 * Errors:  what cannot be sent is a line in the log, and is as lost as any datagram may be.
 * Source:  RFC 7296 sections 2.1, 2.5, 2.6, 2.21.
 */
#pragma once

#include "ike/machine/row.h"

typedef void x_send(struct iked *d, const struct packet *p);
x_send x_transmit, x_transmit_owed;
void x_transmit_sa(struct sa *sa, const struct dgrams *l); /* owed, to the address of the IKE_SA */
void x_reply(struct sa *sa, const struct packet *to, struct msg_out *out, const struct msg *in,
	x_send *send);
void x_reply_plain(struct iked *d, const struct packet *to, const struct msg *in, uint16_t type,
	struct bytes data); /* unprotected, outside of any IKE_SA */
/* What was written becomes sa->request. */
int x_keep_request(struct sa *sa, struct msg_out *o, uint8_t exchange);
void x_say_received(const struct packet *p, const struct msg *m);
/* A message id was used: the IKE_SA is replaced long before there is none left. */
void x_watch_ids(struct sa *sa);
