/*
 * keylog - the keys of IKE_SAs for whoever reads the captures of a testbed.
 *
 * Test mode: only if the environment names a file in IKEKEYLOGFILE, and the log says so at start.
 * Shapes:  one line an IKE_SA, as Wireshark's table of IKEv2 keys has it; lines are appended.
 * Units:   SPIs in host order, keys as keymat makes them.
 * Errors:  keylog_open: 0, also if no file is named, or -errno. A line that cannot be written is
 *          left out: nobody depends on it.
 * Source:  Wireshark, ikev2_decryption_table.
 */
#pragma once

#include "ike/sa/keymat.h"

int keylog_open(void);
void keylog_sa(uint64_t spi_i, uint64_t spi_r, const struct ike_keys *keys);
void keylog_close(void);
