/*
 * xfrm_sa - one SA of the kernel: add, update, get, delete, dump; allocate an SPI.
 *
 * Covers ESP SAs and the Mobile IPv6 states hao and route2 (mode RO, coa, no keys; src is part
 * of their key).
 * Shapes:  struct in, netlink out. Keys go in, as views of the caller's memory, and never come
 *          out: what reads an SA has nothing to wipe.
 * Units:   lifetimes seconds, 0 = never.
 * Errors:  0 or the kernel's -errno (-ESRCH no such SA, -EEXIST, -ENOENT no SPI).
 * Source:  linux/xfrm.h; measured facts of docs/DESIGN.md (rules P9 to P16).
 */
#pragma once

#include <sys/types.h>

#include "base/bytes.h"
#include "base/nl.h"
#include "kernel/xfrm_types.h"

enum { XFRM_KEY_MAX = 64 };

struct xfrm_sa {
	struct in6_addr src, dst;
	uint8_t proto;
	uint32_t spi, reqid;
	uint32_t seq; /* of the ACQUIRE whose larval state this replaces, else 0 */
	enum xfrm_mode_ mode;
	uint8_t replay_window; /* packets, up to 32; 0 none */
	bool af_unspec; /* tunnel for any inner family */
	bool wildrecv; /* hao/route2 wildcard */
	struct sel sel; /* SEL(::/0, ::/0, 0) for none */
	struct in6_addr coa; /* hao, route2 */
	char enc_name[64], auth_name[64]; /* "" = none */
	struct bytes enc_key, auth_key; /* only on the way in */
	uint16_t auth_trunc;
	uint64_t soft_add_s, hard_add_s; /* XFRM lifetimes by age */
	uint64_t soft_packets, hard_packets; /* and by packets, 0 = never */
	/* Only on the way out of the kernel: */
	uint64_t bytes, packets, add_time, use_time; /* times: seconds since the epoch, 0 never */
	uint32_t oseq, iseq;
	uint32_t bitmap; /* replay state, so that a move keeps it */
	bool larval; /* spi 0, or an SPI allocated and not yet filled */
};

struct xfrm_sa_key {
	struct in6_addr src, dst; /* src only for hao and route2, else :: */
	uint8_t proto;
	uint32_t spi;
};

/* NEWSA; sets oseq/iseq/bitmap when non-zero. */
int xfrm_sa_add(struct nl *nl, const struct xfrm_sa *sa);
int xfrm_sa_update(struct nl *nl, const struct xfrm_sa *sa); /* UPDSA */
int xfrm_sa_get(struct nl *nl, const struct xfrm_sa_key *key, struct xfrm_sa *out);
int xfrm_sa_del(struct nl *nl, const struct xfrm_sa_key *key);

/*
 * Reserve a random SPI in 0xc0000000…0xcfffffff for an inbound SA. The kernel draws it: unique for
 * the destination, on newer kernels over all destinations (P13). The larval state has reqid 0, so
 * that it never blocks a MIGRATE (P9); on -ENOENT it tries again. xfrm_sa_del deletes it.
 */
int xfrm_spi_alloc(struct nl *nl, const struct in6_addr *src, const struct in6_addr *dst,
	enum xfrm_mode_ mode, uint32_t *spi);
/* With a reqid the larval state stands for the SA of a policy: packets wait for it. */
int xfrm_spi_reserve(struct nl *nl, const struct in6_addr *src, const struct in6_addr *dst,
	enum xfrm_mode_ mode, uint32_t reqid, uint32_t *spi);

int xfrm_sa_dump(struct nl *nl, int (*fn)(const struct xfrm_sa *sa, void *arg), void *arg);
/* Only those with these ends: the kernel leaves the others out. */
int xfrm_sa_dump_between(struct nl *nl, const struct in6_addr *src, const struct in6_addr *dst,
	int (*fn)(const struct xfrm_sa *sa, void *arg), void *arg);

struct xfrm_usersa_info;
/* What the kernel's struct says; *out keeps what it does not say. */
void xfrm_sa_from_kernel(const struct xfrm_usersa_info *info, struct xfrm_sa *out);
/* Parse NEWSA (also from a dump or an EXPIRE's body owner): 0 or -EBADMSG. */
int xfrm_sa_parse(const struct nlmsghdr *msg, struct xfrm_sa *out);
