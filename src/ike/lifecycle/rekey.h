/*
 * rekey - make anew now, as if the lifetime had ended.
 *
 * Errors:  0 or -errno; -EBUSY: it is not the time for that.
 * Source:  RFC 7296 sections 2.8, 2.8.3.
 */
#pragma once

#include "ike/sa/books.h"

int iked_rekey_sa(struct sa *sa);
int iked_rekey_child(struct child *c);
