/*
 * status - what the daemon knows, as JSON, over the control socket.
 *
 * {"role":"MN","bul":[{"hoa","ha","coa","state","seq","lifetime","left","k"}],
 *  "bc":[{"hoa","coa","state","seq","lifetime","left","k"}],"counters":{...}}
 * Shapes:  one request "status", one answer.
 * Units:   lifetime and left are seconds.
 * Errors:  an unknown request ends with status 1; status_ask gives the exit status of mip6d
 * --status: 0, or 3 when no daemon answers. Source:  none.
 */
#pragma once

#include "base/ctl.h"
#include "mip/mip.h"

void status_serve(struct ctl_req *req, void *mip); /* a ctl_fn */
int status_ask(const char *path);
