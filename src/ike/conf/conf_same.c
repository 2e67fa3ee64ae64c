#include <string.h>

#include "ike/conf/conf_read.h"

#define AT(field) offsetof(struct conn, field), sizeof(((struct conn *)0)->field)

/*
 * What two connections are compared by; `ike`: it belongs to the IKE_SA, which several
 * connections can share.
 */
static const struct {
	size_t at, size;
	bool ike;
} plain[] = {
	{ AT(autostart), false },
	{ AT(type), false },
	{ AT(local.addr), true },
	{ AT(remote.addr), true },
	{ AT(local.allow_any), true },
	{ AT(remote.allow_any), true },
	{ AT(local.sendcert), true },
	{ AT(remote.sendcert), true },
	{ AT(swapped), true },
	{ AT(ike_strict), true },
	{ AT(esp_strict), false },
	{ AT(ike_lifetime), true },
	{ AT(lifetime), false },
	{ AT(margin), true },
	{ AT(fuzz_percent), true },
	{ AT(reauth), true },
	{ AT(rekey), true },
	{ AT(mobike), true },
	{ AT(installpolicy), false },
	{ AT(keyingtries), true },
	{ AT(dpdaction), true },
	{ AT(dpddelay), true },
	{ AT(closeaction), false },
	{ AT(reqid), false },
	{ AT(replay_window), false },
};

static const struct {
	size_t at;
	bool ike;
} texts[] = {
	{ offsetof(struct conn, local.cert_file), true },
	{ offsetof(struct conn, remote.cert_file), true },
	{ offsetof(struct conn, local.ca), true },
	{ offsetof(struct conn, remote.ca), true },
	{ offsetof(struct conn, local.id_text), true },
	{ offsetof(struct conn, remote.id_text), true },
	{ offsetof(struct conn, ike_text), true },
	{ offsetof(struct conn, esp_text), false },
	{ offsetof(struct conn, local.subnet_text), false },
	{ offsetof(struct conn, remote.subnet_text), false },
	{ offsetof(struct conn, local.protoport_text), false },
	{ offsetof(struct conn, remote.protoport_text), false },
};

static const char *text_at(const struct conn *c, size_t at)
{
	const char *text;

	memcpy(&text, (const char *)c + at, sizeof(text));
	return text ? text : "";
}

static bool same(const struct conn *a, const struct conn *b, bool ike_only)
{
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if ((plain[i].ike || !ike_only) &&
			memcmp((const char *)a + plain[i].at, (const char *)b + plain[i].at,
				plain[i].size) != 0)
			return false;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if ((texts[i].ike || !ike_only) &&
			strcmp(text_at(a, texts[i].at), text_at(b, texts[i].at)) != 0)
			return false;
	return true;
}

bool conn_same(const struct conn *a, const struct conn *b)
{
	return same(a, b, false);
}

/* Equal IKE parameters have equal hashes. */
static uint32_t hash_ike(const struct conn *c)
{
	uint32_t h = 0;

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (plain[i].ike)
			h = hash_bytes(h, BYTES((const char *)c + plain[i].at, plain[i].size));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].ike)
			h = hash_bytes(h, BYTES_STR(text_at(c, texts[i].at)));
	return h;
}

static struct conn *peer_of(const struct table *t, struct conn *c, struct conf_log *log)
{
	for (struct tlink *l = table_find(t, hash_ike(c)); l; l = table_next(l)) {
		struct conn *p = LINKED(l, struct conn, by_ike);

		log->n_looked++;
		if (same(p, c, true))
			return p;
	}
	return NULL;
}

void conns_set_peers(struct conn *first, struct conf_log *log)
{
	struct table heads = { 0 };

	for (struct conn *c = first; c; c = c->next) {
		struct conn *p = peer_of(&heads, c, log);

		c->peer = p ? p : c;
		if (!p)
			table_add(&heads, &c->by_ike, hash_ike(c));
	}
	table_free(&heads);
}
