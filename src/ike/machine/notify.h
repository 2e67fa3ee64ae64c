/*
 * notify - in which messages a notification means something.
 *
 * One row a notification, one cell a message. Where it does not belong it is as one that nobody
 * knows (3.10.1): ignored, but an error in an answer still says that the request has failed.
 * Shapes:  notify_judge marks the strays of a message before a handler sees it; msg_notify does not
 *          find them.
 * Source:  RFC 7296 sections 1.2 to 1.5, 2.3 to 2.25, 3.10.1.
 */
#pragma once

#include "ike/message/msg.h"
#include "ike/sa/task.h"

bool notify_belongs(uint16_t type, enum task_kind kind, bool answer);
bool notify_is_known(uint16_t type);
/* An answer says an error: the request has failed, whatever else it has (3.10.1). In IKE_AUTH an
 * error of the CHILD_SA leaves the IKE_SA (1.2). */
bool notify_refuses(const struct msg *m, enum task_kind kind);
void notify_judge(struct msg *m, enum task_kind kind);
