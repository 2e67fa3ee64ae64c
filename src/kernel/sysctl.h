/*
 * sysctl - set a value under /proc/sys and remember what was there, to restore it at the end.
 *
 * Errors: 0 or -errno. sysctl_restore() undoes all in reverse order.
 */
#pragma once

int sysctl_set(const char *path, const char *value); /* "net/ipv6/conf/all/forwarding" */
int sysctl_get(const char *path, char *out, int cap);
void sysctl_restore(void);
