/*
 * ask - verbs that the running daemon answers, over its control socket.
 *
 * The line sent is the verb and its arguments as typed; the answer goes to stdout as it comes.
 * Errors:  the daemon's status; 7 if it is not running, 1 if it left or says nothing.
 * Source:  base/ctl.h.
 */
#pragma once

#include "cli/cli.h"

int ask_verb(const struct cli *cli);
int ask_long(const struct cli *cli); /* may be silent for the whole of a retransmission */
int ask_stroke(const struct cli *cli); /* without the word stroke */
int ask_secrets(const struct cli *cli); /* the old name of rereadsecrets */
int ask_status(const struct cli *cli); /* not running is 3, died 1, no answer 4 */
