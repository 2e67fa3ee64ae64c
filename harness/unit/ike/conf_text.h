/*
 * conf_text - an ipsec.conf that is a text, read from a folder of its own.
 *
 * Shapes:  what is found stands in conf_text_said, a line each, without the folder. A conf_page
 *          begins with all zero.
 * Errors:  conf_text_load gives conf_load's.
 * Source:  docs/man/ipsec.conf.5, whose lists of keywords a conf_page reads.
 */
#pragma once

#include <stdio.h>

#include "ike/conf/conf.h"

extern char conf_text_dir[], conf_text_said[65536];
extern struct conf_log conf_text_findings;
/* Which addresses are ours; NULL: nobody knows. */
extern bool (*conf_text_ours)(void *arg, const struct in6_addr *a);

int conf_text_load(const char *text, size_t n, struct ike_conf **out);
void conf_text_end(void); /* the folder is removed, in which only the file is left */
/* The first letters of the connections, as "ac". */
const char *conf_text_names(const struct ike_conf *c);

struct conf_page {
	FILE *file;
	char section[128], keyword[64];
};

/* The next keyword of the manual page, and the title that it stands under; false at the end. */
bool conf_page_next(struct conf_page *p);
