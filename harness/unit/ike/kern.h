/*
 * kern - a node of a pair whose kernel is listened to by the daemon's own handlers.
 *
 * Shapes:  policies are the mobility daemon's, as the page lists them; moves are its four
 *          MIGRATEs. struct kerns is a pair with both kernels listened to: it stays where it is,
 *          the kernels keep pointers to it.
 */
#pragma once

#include "ike/events/acquire.h"
#include "ike/events/km.h"
#include "ike/events/lost.h"
#include "ike/events/migrate.h"
#include "unit/ike/pair.h"

#define HOA "2001:1::10"
#define HOME "2001:1::1"
#define FIRST "2001::41a:a8ff:fe6f:c67"
#define SECOND "2001::50"

struct kern {
	struct node *n;
	struct reqids *r;
	bool is_home; /* of the home agent */
};

void kern_open(struct kern *k, struct node *n, bool is_home);
void kern_close(struct kern *k);

struct in6_addr kern_addr(const char *text);
/* mh or tunnel, of this direction; the tunnel's end away from home is coa. */
struct xfrm_policy kern_policy(
	const struct kern *k, bool tunnel, enum xdir dir, uint32_t reqid, const char *coa);
/* All of them: mh in and out, tunnel in and out. */
void kern_add_policies(struct kern *k, uint32_t mh, uint32_t tunnel, const char *coa);
/* The four MIGRATEs of a movement, events delivered after each; with or without KMADDRESS. */
void kern_move(struct kern *k, const char *from, const char *to, bool km);
/* One of them. Gives the kernel's answer. */
int kern_migrate(
	struct kern *k, bool tunnel, enum xdir dir, const char *from, const char *to, bool km);
/* A packet asks for an SA: 1 ACQUIRE. */
int kern_packet(struct kern *k, uint8_t proto, int type);
/* Where the kernel has this SPI: its source, or :: */
struct in6_addr kern_sa_src(struct kern *k, const char *dst, uint32_t spi);

struct kerns {
	struct pair *p;
	struct kern carol, moon;
};

void kerns_open(struct kerns *s, const char *carol);
/* What mip6d's start does: policies, and moves to the first care-of address. */
void kerns_start(struct kerns *s, bool km);
/* Opened, started, and both SA pairs up. */
void kerns_establish(struct kerns *s, bool km);
void kerns_close(struct kerns *s); /* checks that the kernels are empty */
