/*
 * sysctl - set a value under /proc/sys and remember what was there, to restore it at the end.
 *
 * Shapes:  one list for the process; a value set twice is restored to what was there first.
 * Errors:  0 or -errno.
 * Source:  sysctl(5), linux Documentation/networking/ip-sysctl.rst.
 */
#pragma once

int sysctl_set(const char *path, const char *value); /* "net/ipv6/conf/all/forwarding" */
int sysctl_get(const char *path, char *out, int cap); /* without the newline */
void sysctl_restore(void); /* all, in reverse order */
