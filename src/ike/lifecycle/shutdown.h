/*
 * shutdown - every IKE_SA is closed, and whoever waits for that is told.
 *
 * Source:  RFC 7296 section 1.4.1.
 */
#pragma once

#include "ike/sa/books.h"

/* Send DELETE for every IKE_SA; done(arg) when the last is gone or 2 s have passed. */
void iked_shutdown(struct iked *d, void (*done)(void *arg), void *arg);
void shutdown_look(struct iked *d); /* an IKE_SA went away */
void shutdown_on_time(void *iked);
