/*
 * fresh - what each CREATE_CHILD_SA draws anew: nonce and Diffie-Hellman pair, and what is told by
 * them when both sides begin at once.
 *
 * Source:  RFC 7296 sections 1.3, 2.8.1, 2.8.2, 2.10.
 */
#pragma once

#include "ike/machine/row.h"
#include "ike/sa/child.h"

/* The nonce and, if the proposals have Diffie-Hellman, the key pair of a request. */
int fresh_pair(const struct iked *d, struct task *t, const struct prop_list *list);
/* Our nonce, when we answer one. */
int fresh_nonce(const struct iked *d, struct blob *out);
void fresh_note(struct child *c, struct bytes ni, struct bytes nr); /* the lower one */
struct bytes fresh_lower(struct bytes a, struct bytes b);
/* Is ours the SA with the lowest nonce, so that we have to close it? */
bool fresh_loses(const struct task *t, struct bytes ours);

/* INVALID_KE_PAYLOAD: the group it asks for, if it is ours and not tried yet; else 0 (1.3, 2.7). */
uint16_t fresh_other_group(const struct msg *in, const struct prop_list *own, uint16_t now);
/* the peer has no room in this IKE_SA; true: another one is begun. */
bool fresh_begin_anew(struct x *x);
