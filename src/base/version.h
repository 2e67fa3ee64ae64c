/*
 * version - the name and number that all programs print.
 *
 * Source:  none.
 */
#pragma once

#define PERIGEE_VERSION "0.1"
