/*
 * check - iked --check: read everything, say what is wrong, touch nothing.
 *
 * Errors:  gives the exit status; findings go to the conf_log.
 */
#pragma once

#include "ike/conf/conf.h"

enum check_status {
	CHECK_CLEAN = 0,
	CHECK_WARNED = 3,
	CHECK_LOST = 4, /* a connection or a setting is not as it is written */
	CHECK_NOTHING = 5, /* no connection can be used */
};

enum check_status check_conf(const struct conf_paths *paths, struct conf_log *log);
