/*
 * due - what is done when a timer of an IKE_SA ends, and what the rooms below are told to call.
 *
 * Source:  RFC 7296 sections 1.2, 2.4, 2.8.
 */
#pragma once

#include "ike/sa/books.h"

extern const struct iked_hooks life_hooks;
