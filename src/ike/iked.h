/*
 * iked - one instance of the IKE daemon. No globals: a test runs two in one process.
 *
 * Shapes:  iked_new … iked_free. The owner calls iked_packet() for what arrives, and the functions
 *          of events/ for what the kernel tells.
 * Errors:  0 or -errno.
 * Source:  RFC 7296.
 */
#pragma once

#include "base/mem.h"
#include "ike/auth/cert_store.h"
#include "ike/lifecycle/close.h"
#include "ike/lifecycle/rekey.h"
#include "ike/lifecycle/shutdown.h"
#include "ike/lifecycle/want.h"
#include "ike/machine/xchg.h"
#include "ike/sa/books.h"
#include "ike/sa/child.h"

/* certs is not owned. */
int iked_new(const struct iked_seams *seams, struct cert_store *certs, struct iked **out);
void iked_free(struct iked *d); /* at once: kernel SAs go, nothing is sent */
OWN(iked)

/* Our configuration now; conf is owned from here on. Connections that are the same in old and new
 * are left alone. */
int iked_load_conf(struct iked *d, struct ike_conf *conf);
