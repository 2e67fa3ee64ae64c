#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "crypto/rand.h"
#include "ike/iked.h"
#include "kernel/xfrm_sa.h"

int child_alloc(struct child *c)
{
	struct iked *d = c->sa->d;
	uint32_t spi;
	int rc;

	log_knl(2, "getting SPI for reqid {%u}", c->reqid_out);
	rc = xfrm_spi_alloc(d->seams.xfrm, &c->remote, &c->local, c->mode, &spi);
	if (rc < 0) {
		log_knl(1, "getting SPI for reqid {%u} failed: %s", c->reqid_out, strerror(-rc));
		return rc;
	}
	log_knl(2, "got SPI %08x for reqid {%u}", spi, c->reqid_out);
	c->spi_in = spi;
	c->larval = true;
	return table_add(&d->child_by_spi_in, &c->by_spi_in, hash_u64(spi));
}

/* soft = life - (margin + a random part of margin * fuzz). */
static void lifetimes(struct child *c)
{
	const struct conn *conn = c->trap->conn;
	uint32_t spread = (uint32_t)((uint64_t)conn->margin * conn->fuzz_percent / 100);
	uint32_t early = conn->margin + rand_below(spread + 1);

	c->hard_s = conn->lifetime;
	c->soft_s = conn->rekey && early < conn->lifetime ? conn->lifetime - early : 0;
	if (conn->rekey && !c->soft_s)
		log_chd(1, "%s is not rekeyed: lifetime %us is no longer than its margin",
			child_name(c), conn->lifetime);
}

static void fill(const struct child *c, bool out, const uint8_t *e, const uint8_t *a,
	struct xfrm_sa *sa)
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
		.enc_bits = (uint16_t)(c->encr->key_len * 8),
		.soft_add_s = c->soft_s,
		.hard_add_s = c->hard_s,
	};
	strcpy(sa->enc_name, c->encr->kernel);
	memcpy(sa->enc_key, e, c->encr->key_len);
	if (!c->integ)
		return;
	strcpy(sa->auth_name, c->integ->kernel);
	memcpy(sa->auth_key, a, c->integ->key_len);
	sa->auth_bits = (uint16_t)(c->integ->key_len * 8);
	sa->auth_trunc = c->integ->kernel_trunc;
}

/* Template 40. */
static int install(struct child *c, bool out, const uint8_t *e, const uint8_t *a)
{
	struct nl *nl = c->sa->d->seams.xfrm;
	struct xfrm_sa sa;
	int rc;

	fill(c, out, e, a, &sa);
	log_knl(2, "adding SAD entry with SPI %08x and reqid {%u}", sa.spi, sa.reqid);
	log_knl(2, "  using encryption algorithm %s with key size %u", c->encr->name, sa.enc_bits);
	if (c->integ)
		log_knl(2, "  using integrity algorithm %s with key size %u", c->integ->name,
			sa.auth_bits);
	rc = out ? xfrm_sa_add(nl, &sa) : xfrm_sa_update(nl, &sa);
	if (rc == -ESRCH && !out) /* B-045: the larval state ended before the exchange did */
		rc = xfrm_sa_add(nl, &sa);
	mem_wipe(&sa, sizeof(sa));
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

static void close_one(struct child *c, const struct in6_addr *dst, uint32_t spi)
{
	struct xfrm_sa_key key = { .dst = *dst, .proto = XP_ESP, .spi = spi };
	int rc = xfrm_sa_del(c->sa->d->seams.xfrm, &key);

	if (rc < 0 && rc != -ESRCH)
		log_knl(1, "deleting SAD entry with SPI %08x failed: %s", spi, strerror(-rc));
}

void child_close_out(struct child *c)
{
	if (c->out_installed)
		close_one(c, &c->remote, c->spi_out);
	c->out_installed = false;
}

/* P9: also what ALLOCSPI left, when the negotiation came to nothing. */
void child_close_in(struct child *c)
{
	if (c->in_installed || c->larval)
		close_one(c, &c->local, c->spi_in);
	c->in_installed = c->larval = false;
}

/* One of the two kernel SAs is at its new place, or is brought there with keys and counters. */
static int move_one(struct child *c, const struct in6_addr *old_dst, const struct in6_addr *src,
	const struct in6_addr *dst, uint32_t spi)
{
	struct nl *nl = c->sa->d->seams.xfrm;
	struct xfrm_sa_key key = { .dst = *dst, .proto = XP_ESP, .spi = spi };
	struct xfrm_sa sa;
	int rc = xfrm_sa_get(nl, &key, &sa);

	if (!rc && addr_eq(&sa.src, src))
		return 0; /* the kernel's MIGRATE did it */
	key.dst = *old_dst;
	rc = xfrm_sa_get(nl, &key, &sa);
	if (rc < 0)
		return rc;
	rc = xfrm_sa_del(nl, &key);
	if (rc < 0)
		return rc;
	sa.src = *src;
	sa.dst = *dst;
	sa.seq = 0;
	rc = xfrm_sa_add(nl, &sa);
	mem_wipe(&sa, sizeof(sa));
	return rc;
}

int child_move(struct child *c, const struct in6_addr *local, const struct in6_addr *remote)
{
	struct in6_addr old_local = c->local, old_remote = c->remote;
	int rc_out = 0, rc_in = 0;

	if (c->proxy) /* B-023 */
		return 0;
	c->local = *local;
	c->remote = *remote;
	if (c->out_installed)
		rc_out = move_one(c, &old_remote, local, remote, c->spi_out);
	if (c->in_installed)
		rc_in = move_one(c, &old_local, remote, local, c->spi_in);
	return rc_out < 0 ? rc_out : rc_in;
}

uint64_t child_last_in(struct child *c)
{
	struct xfrm_sa_key key = { .dst = c->local, .proto = XP_ESP, .spi = c->spi_in };
	struct xfrm_sa sa;

	if (!c->in_installed || xfrm_sa_get(c->sa->d->seams.xfrm, &key, &sa) < 0)
		return 0;
	mem_wipe(&sa, sizeof(sa));
	return sa.use_time;
}
