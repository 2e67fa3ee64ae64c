/*
 * probe - what is seen of an IKE_SA and of a CHILD_SA while a letter is said.
 *
 * The linker puts these between the rooms of iked: each handler that a row runs, each move of a
 * state, each end of an IKE_SA. What they see is held against what the states are afterwards, so a
 * state that somebody moves in another way is seen too.
 * Shapes:  probe_begin … probe_end around a letter; what both daemons of the pair have is looked
 *          through at both.
 * Errors:  learn_fault().
 * Source:  docs/machines.md.
 */
#pragma once

#include "unit/ike/pair.h"

enum { PROBE_SA, PROBE_CHILD }; /* the machines of the world */

void probe_begin(struct pair *p);
void probe_end(struct pair *p);
/* So many handlers ran and ends came since the letter began. */
unsigned probe_count(void);
/* The next key pair cannot be made. */
extern bool probe_no_key_pair;

/* Ways past the rows. */
#define PROBE_BROUGHT_UP "brought up by the rekey of another one"
#define PROBE_LOST "lost against another one"
#define PROBE_ENDED "ended"
#define PROBE_SILENT "the peer does not answer"
#define PROBE_JOINED "joined to one that the peer began"
#define PROBE_NEVER "it never came to be"
