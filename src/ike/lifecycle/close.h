/*
 * close - orderly ends: DELETE is sent, the rest follows by itself.
 *
 * Source:  RFC 7296 section 1.4.1.
 */
#pragma once

#include "ike/sa/books.h"

void iked_close_sa(struct sa *sa); /* and the one that takes its place meanwhile */
void close_worn(struct sa *sa); /* it only: another one has its place, or may */
void iked_close_child(struct child *c);
