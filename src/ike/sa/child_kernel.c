#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "ike/sa/books.h"
#include "ike/sa/child.h"
#include "kernel/xfrm_sa.h"

enum { SPI_TRIES = 8 };

/*
 * RFC 4303 section 3.3.3: a sequence number of 32 bits never comes twice. A MIGRATE begins the
 * count of packets anew but not the numbers, so half of them are left for the rekey.
 */
#define SOFT_PACKETS (UINT64_C(1) << 31)
#define HARD_PACKETS UINT64_C(0xffffffff)

static bool spi_taken(const struct iked *d, uint32_t spi)
{
	struct tlink *l = table_find(&d->child_by_spi_out, hash_u64(spi));

	while (l && LINKED(l, struct child, by_spi_out)->spi_out != spi)
		l = table_next(l);
	return l || child_has_spi(d, spi);
}

/* P13: a kernel may look at one destination only; a move can bring two of them together. */
static int alloc_unique(const struct child *c, uint32_t *spi)
{
	const struct iked *d = c->sa->d;
	int rc = -EEXIST;

	for (int i = 0; i < SPI_TRIES && rc == -EEXIST; i++) {
		struct xfrm_sa_key key = { .dst = c->local, .proto = XP_ESP };

		rc = xfrm_spi_alloc(d->seams.xfrm, &c->remote, &c->local, c->mode, &key.spi);
		if (rc == 0 && spi_taken(d, key.spi)) {
			xfrm_sa_del(d->seams.xfrm, &key);
			rc = -EEXIST;
		}
		*spi = key.spi;
	}
	return rc;
}

int child_alloc(struct child *c)
{
	struct iked *d = c->sa->d;
	uint32_t spi;
	int rc;

	log_knl(2, "getting SPI for reqid {%u}", c->reqid_out);
	rc = alloc_unique(c, &spi);
	if (rc < 0) {
		log_knl(1, "getting SPI for reqid {%u} failed: %s", c->reqid_out, strerror(-rc));
		return rc;
	}
	log_knl(2, "got SPI %08x for reqid {%u}", spi, c->reqid_out);
	c->spi_in = spi;
	c->larval = true;
	c->in_src = c->remote;
	c->in_dst = c->local;
	return table_add(&d->child_by_spi_in, &c->by_spi_in, hash_u64(spi));
}

static void lifetimes(struct child *c)
{
	const struct conn *conn = c->trap->conn;

	c->hard_s = conn->lifetime;
	c->soft_s = iked_soft_s(c->sa->d, conn, conn->lifetime);
	if (conn->rekey && !c->soft_s)
		log_chd(1, "%s is not rekeyed: lifetime %us is no longer than its margin",
			child_name(c), conn->lifetime);
}

static void fill(
	const struct child *c, bool out, const uint8_t *e, const uint8_t *a, struct xfrm_sa *sa)
{
	static const struct prefix any;

	*sa = (struct xfrm_sa){
		.src = out ? c->local : c->remote,
		.dst = out ? c->remote : c->local,
		.proto = XP_ESP,
		.spi = out ? c->spi_out : c->spi_in,
		.reqid = out ? c->reqid_out : c->reqid_in,
		.seq = out ? c->acquire_seq : 0, /* B-045 */
		.mode = c->mode,
		.replay_window = (uint8_t)c->trap->conn->replay_window,
		.af_unspec = c->mode == XM_TUNNEL,
		.sel = SEL(any, any, 0),
		.enc_key = BYTES(e, c->encr->key_len),
		.soft_add_s = c->soft_s,
		.hard_add_s = c->hard_s,
		.soft_packets = c->soft_s ? SOFT_PACKETS : 0,
		.hard_packets = HARD_PACKETS,
	};
	strcpy(sa->enc_name, c->encr->kernel);
	if (!c->integ)
		return;
	strcpy(sa->auth_name, c->integ->kernel);
	sa->auth_key = BYTES(a, c->integ->key_len);
	sa->auth_trunc = c->integ->kernel_trunc;
}

static int install(struct child *c, bool out, const uint8_t *e, const uint8_t *a)
{
	struct nl *nl = c->sa->d->seams.xfrm;
	struct xfrm_sa sa;
	int rc;

	fill(c, out, e, a, &sa);
	log_knl(2, "adding SAD entry with SPI %08x and reqid {%u}", sa.spi, sa.reqid);
	log_knl(2, "  using encryption algorithm %s with key size %zu", c->encr->name,
		sa.enc_key.n * 8);
	if (c->integ)
		log_knl(2, "  using integrity algorithm %s with key size %zu", c->integ->name,
			sa.auth_key.n * 8);
	rc = out ? xfrm_sa_add(nl, &sa) : xfrm_sa_update(nl, &sa);
	if (rc == -ESRCH && !out) /* B-045: the larval state ended before the exchange did */
		rc = xfrm_sa_add(nl, &sa);
	if (rc < 0)
		log_knl(1, "adding SAD entry with SPI %08x failed: %s",
			out ? c->spi_out : c->spi_in, strerror(-rc));
	return rc;
}

int child_install(struct child *c, const struct child_keys *k)
{
	struct iked *d = c->sa->d;
	int rc;

	lifetimes(c);
	c->in_src = c->out_dst = c->remote;
	c->in_dst = c->out_src = c->local;
	rc = install(c, true, c->initiator ? k->e_i : k->e_r, c->initiator ? k->a_i : k->a_r);
	if (rc < 0)
		return rc;
	c->out_installed = true;
	table_add(&d->child_by_spi_out, &c->by_spi_out, hash_u64(c->spi_out));
	rc = install(c, false, c->initiator ? k->e_r : k->e_i, c->initiator ? k->a_r : k->a_i);
	if (rc < 0) {
		child_close_out(c);
		return rc;
	}
	c->in_installed = true;
	c->larval = false;
	c->installed_at = loop_now();
	return 0;
}

struct wanted {
	uint32_t spi;
	struct xfrm_sa_key key; /* proto 0 until found */
};

static int on_wanted(const struct xfrm_sa *sa, void *arg)
{
	struct wanted *w = arg;

	if (sa->proto == XP_ESP && sa->spi == w->spi)
		w->key = (struct xfrm_sa_key){ .dst = sa->dst, .proto = XP_ESP, .spi = sa->spi };
	return 0;
}

/* P11: a MIGRATE moved it and its event was not read yet; its SPI is unique (P13). */
static int find_moved(struct nl *nl, uint32_t spi, struct xfrm_sa_key *out)
{
	struct wanted w = { .spi = spi };
	int rc = xfrm_sa_dump(nl, on_wanted, &w);

	if (!rc && !w.key.proto)
		rc = -ESRCH;
	if (!rc)
		*out = w.key;
	return rc;
}

/* The kernel's SA, where the books have it or where it went. */
static int get(const struct child *c, bool out, struct xfrm_sa *sa)
{
	struct nl *nl = c->sa->d->seams.xfrm;
	struct xfrm_sa_key key = { .dst = out ? c->out_dst : c->in_dst,
		.proto = XP_ESP,
		.spi = out ? c->spi_out : c->spi_in };
	int rc;

	if (out ? !c->out_installed : !c->in_installed)
		return -ESRCH;
	rc = xfrm_sa_get(nl, &key, sa);
	if (rc == -ESRCH && c->mode == XM_TUNNEL && !find_moved(nl, key.spi, &key))
		rc = xfrm_sa_get(nl, &key, sa);
	return rc;
}

bool child_stands(const struct child *c, bool out)
{
	struct xfrm_sa sa;

	return get(c, out, &sa) != -ESRCH;
}

uint64_t child_octets(const struct child *c, bool out)
{
	struct xfrm_sa sa;

	return get(c, out, &sa) ? 0 : sa.bytes;
}

uint64_t child_last_in(const struct child *c)
{
	struct xfrm_sa sa;

	return get(c, false, &sa) ? 0 : sa.use_time;
}

static void close_one(struct child *c, const struct in6_addr *dst, uint32_t spi)
{
	struct nl *nl = c->sa->d->seams.xfrm;
	struct xfrm_sa_key key = { .dst = *dst, .proto = XP_ESP, .spi = spi };
	int rc = xfrm_sa_del(nl, &key);

	if (rc == -ESRCH && c->mode == XM_TUNNEL && !find_moved(nl, spi, &key))
		rc = xfrm_sa_del(nl, &key);
	if (rc < 0 && rc != -ESRCH)
		log_knl(1, "deleting SAD entry with SPI %08x failed: %s", spi, strerror(-rc));
}

void child_close_out(struct child *c)
{
	if (c->out_installed)
		close_one(c, &c->out_dst, c->spi_out);
	c->out_installed = false;
}

/* P9: also what ALLOCSPI left, when the negotiation came to nothing. */
void child_close_in(struct child *c)
{
	if (c->in_installed || c->larval)
		close_one(c, &c->in_dst, c->spi_in);
	c->in_installed = c->larval = false;
}

/* An SA of the kernel is at its new place, or is brought there. */
static int move_sa(struct iked *d, const struct xfrm_move *m)
{
	struct nl *nl = d->seams.xfrm;
	struct xfrm_sa_key key = m->key;
	struct xfrm_sa sa;

	key.dst = m->dst;
	if (xfrm_sa_get(nl, &key, &sa) == 0 && addr_eq(&sa.src, &m->src))
		return 0; /* the kernel's MIGRATE did it */
	if (d->move_way == XW_UNKNOWN)
		d->move_way = xfrm_move_probe(nl);
	return xfrm_move(nl, d->move_way, m);
}

int child_move_way(
	struct child *c, bool out, const struct in6_addr *local, const struct in6_addr *remote)
{
	struct xfrm_move m = {
		.key = { .dst = out ? c->out_dst : c->in_dst,
			.proto = XP_ESP,
			.spi = out ? c->spi_out : c->spi_in },
		.src = out ? *local : *remote,
		.dst = out ? *remote : *local,
		.out = out,
	};
	int rc = 0;

	if (c->proxy) /* B-023 */
		return 0;
	if (c->larval && !c->in_installed && !addr_eq(&c->local, local))
		child_close_in(c); /* its SPI stays ours; the SA comes at the new place */
	c->local = *local;
	c->remote = *remote;
	if (out ? c->out_installed : c->in_installed)
		rc = move_sa(c->sa->d, &m);
	if (out) {
		c->out_src = *local;
		c->out_dst = *remote;
	} else {
		c->in_src = *remote;
		c->in_dst = *local;
	}
	return rc;
}

int child_move(struct child *c, const struct in6_addr *local, const struct in6_addr *remote)
{
	int rc_out = child_move_way(c, true, local, remote);
	int rc_in = child_move_way(c, false, local, remote);

	return rc_out < 0 ? rc_out : rc_in;
}
