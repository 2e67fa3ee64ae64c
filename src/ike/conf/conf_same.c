#include <string.h>

#include "ike/conf/conf_read.h"

#define AT(field) offsetof(struct conn, field), sizeof(((struct conn *)0)->field)

/* What two connections are compared by. CONN_IKE: the IKE_SA, which several can share. */
static const struct {
	size_t at, size;
	enum conn_change what;
} plain[] = {
	{ AT(autostart), CONN_RULES },
	{ AT(type), CONN_CHILD },
	{ AT(local.addr), CONN_IKE },
	{ AT(remote.addr), CONN_IKE },
	{ AT(local.allow_any), CONN_IKE },
	{ AT(remote.allow_any), CONN_IKE },
	{ AT(local.auth), CONN_IKE },
	{ AT(remote.auth), CONN_IKE },
	{ AT(local.sendcert), CONN_IKE },
	{ AT(remote.sendcert), CONN_IKE },
	{ AT(swapped), CONN_IKE },
	{ AT(ike_strict), CONN_IKE },
	{ AT(esp_strict), CONN_CHILD },
	{ AT(ike_lifetime), CONN_IKE },
	{ AT(lifetime), CONN_CHILD },
	{ AT(margin), CONN_IKE },
	{ AT(fuzz_percent), CONN_IKE },
	{ AT(reauth), CONN_IKE },
	{ AT(rekey), CONN_IKE },
	{ AT(mobike), CONN_IKE },
	{ AT(installpolicy), CONN_RULES },
	{ AT(keyingtries), CONN_IKE },
	{ AT(dpdaction), CONN_IKE },
	{ AT(dpddelay), CONN_IKE },
	{ AT(closeaction), CONN_RULES },
	{ AT(reqid), CONN_CHILD },
	{ AT(replay_window), CONN_CHILD },
};

static const struct {
	size_t at;
	enum conn_change what;
} texts[] = {
	{ offsetof(struct conn, local.cert_file), CONN_IKE },
	{ offsetof(struct conn, remote.cert_file), CONN_IKE },
	{ offsetof(struct conn, local.ca), CONN_IKE },
	{ offsetof(struct conn, remote.ca), CONN_IKE },
	{ offsetof(struct conn, local.id_text), CONN_IKE },
	{ offsetof(struct conn, remote.id_text), CONN_IKE },
	{ offsetof(struct conn, ike_text), CONN_IKE },
	{ offsetof(struct conn, esp_text), CONN_CHILD },
	{ offsetof(struct conn, local.subnet_text), CONN_CHILD },
	{ offsetof(struct conn, remote.subnet_text), CONN_CHILD },
	{ offsetof(struct conn, local.protoport_text), CONN_CHILD },
	{ offsetof(struct conn, remote.protoport_text), CONN_CHILD },
};

static const char *text_at(const struct conn *c, size_t at)
{
	const char *text;

	memcpy(&text, (const char *)c + at, sizeof(text));
	return text ? text : "";
}

static bool plain_same(const struct conn *a, const struct conn *b, size_t i)
{
	return !memcmp((const char *)a + plain[i].at, (const char *)b + plain[i].at, plain[i].size);
}

static bool text_same(const struct conn *a, const struct conn *b, size_t i)
{
	return !strcmp(text_at(a, texts[i].at), text_at(b, texts[i].at));
}

enum conn_change conn_change(const struct conn *a, const struct conn *b)
{
	enum conn_change most = CONN_SAME;

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (plain[i].what > most && !plain_same(a, b, i))
			most = plain[i].what;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].what > most && !text_same(a, b, i))
			most = texts[i].what;
	return most;
}

/* Equal IKE parameters have equal hashes. */
static uint32_t hash_ike(const struct conn *c)
{
	uint32_t h = 0;

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (plain[i].what == CONN_IKE)
			h = hash_bytes(h, BYTES((const char *)c + plain[i].at, plain[i].size));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].what == CONN_IKE)
			h = hash_bytes(h, BYTES_STR(text_at(c, texts[i].at)));
	return h;
}

static struct conn *peer_of(const struct table *t, struct conn *c, struct conf_log *log)
{
	for (struct tlink *l = table_find(t, hash_ike(c)); l; l = table_next(l)) {
		struct conn *p = LINKED(l, struct conn, by_ike);

		log->n_looked++;
		if (conn_change(p, c) < CONN_IKE)
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
