/*
 * conf_text - an ipsec.conf that is a text, read from a folder of its own.
 *
 * Shapes:  what is found stands in conf_text_said, a line each, without the folder.
 * Errors:  conf_text_load gives conf_load's.
 */
#pragma once

#include "ike/conf/conf.h"

extern char conf_text_dir[], conf_text_said[65536];
extern struct conf_log conf_text_findings;

int conf_text_load(const char *text, size_t n, struct ike_conf **out);
void conf_text_end(void); /* the folder is removed, in which only the file is left */
/* The first letters of the connections, as "ac". */
const char *conf_text_names(const struct ike_conf *c);
