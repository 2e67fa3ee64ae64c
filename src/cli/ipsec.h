/*
 * ipsec - the `ipsec` command: a table of verbs, and one of options.
 *
 * Errors:  gives the exit status (enum cli_exit); what is wrong is said on stderr.
 * Source:  the manual of strongSwan's ipsec(8).
 */
#pragma once

/* Parse, check and run; the whole command but for main(). */
int ipsec_main(int argc, char **argv);
