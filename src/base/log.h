/*
 * log - one line an event, to syslog, a file or the terminal.
 *
 * iked prints   "Nov 19 08:39:19 carol iked: 01[KNL] text"   (group and level, LOG_STYLE_IKE)
 * mip6d prints  "Nov 19 08:39:23 carol mip6d[1317]: text"    (LOG_STYLE_PLAIN)
 * A function that decides logs; those below it return. Text from the network is escaped by
 * log_safe().
 * Shapes:  groups with one threshold each; level -1 silent, 0 audit, 1 control, 2 diagnosis, 3
 *          raw, 4 private.
 * Errors:  none; a full disk loses lines, never the daemon.
 * Source:  the page's log; `charondebug` of ipsec.conf(5).
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum log_group {
	LOG_G_DMN,
	LOG_G_MGR,
	LOG_G_IKE,
	LOG_G_CHD,
	LOG_G_JOB,
	LOG_G_CFG,
	LOG_G_KNL,
	LOG_G_NET,
	LOG_G_ENC,
	LOG_G_LIB,
	LOG_G_MIP,
	LOG_G_COUNT,
};

enum log_style { LOG_STYLE_IKE, LOG_STYLE_PLAIN };

/* Where lines go: path NULL and to_stderr false = syslog. Can be called again (reopen). */
int log_open(const char *ident, enum log_style style, const char *path, bool to_stderr);

void log_at(enum log_group g, int level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void log_vat(enum log_group g, int level, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

#define log_dmn(level, ...) log_at(LOG_G_DMN, level, __VA_ARGS__)
#define log_mgr(level, ...) log_at(LOG_G_MGR, level, __VA_ARGS__)
#define log_ike(level, ...) log_at(LOG_G_IKE, level, __VA_ARGS__)
#define log_chd(level, ...) log_at(LOG_G_CHD, level, __VA_ARGS__)
#define log_job(level, ...) log_at(LOG_G_JOB, level, __VA_ARGS__)
#define log_cfg(level, ...) log_at(LOG_G_CFG, level, __VA_ARGS__)
#define log_knl(level, ...) log_at(LOG_G_KNL, level, __VA_ARGS__)
#define log_net(level, ...) log_at(LOG_G_NET, level, __VA_ARGS__)
#define log_enc(level, ...) log_at(LOG_G_ENC, level, __VA_ARGS__)
#define log_lib(level, ...) log_at(LOG_G_LIB, level, __VA_ARGS__)
#define log_mip(level, ...) log_at(LOG_G_MIP, level, __VA_ARGS__)

/* "knl 2, ike 1" as in charondebug. 0 or -EINVAL (nothing changed). */
int log_levels(const char *text);
void log_set_level(enum log_group g, int level);

/* Also hand every line of level <= 1 (text only) to fn: `ipsec up` shows them. NULL ends it. */
void log_tap(void (*fn)(void *arg, const char *line), void *arg);

/*
 * Printable copy of untrusted octets, non-printables as \xNN, at most 200 characters (static
 * ring of 8).
 */
const char *log_safe(struct bytes text);

/* Each line that would be written asks first; NULL: all may. For base/rate. */
void log_gate(bool (*may)(void *arg), void *arg);
