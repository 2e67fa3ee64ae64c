#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sig.h"
#include "ike/conf/conf_read.h"

enum { KEYS_MAX = 64 };

struct keys {
	struct key *key[KEYS_MAX];
	size_t n;
};

static void keys_read(const struct ike_conf *c, struct keys *k, struct conf_log *log)
{
	for (const struct secret *s = c->secrets; s && k->n < KEYS_MAX; s = s->next) {
		int rc = key_load(s->key_file, s->passphrase, &k->key[k->n]);

		if (rc < 0)
			conf_error(log, s->at, ": RSA %s: expected a private key: %s", s->key_file,
				strerror(-rc));
		else
			k->n++;
	}
}

static bool fits_any(const struct keys *k, const struct cert *cert)
{
	for (size_t i = 0; i < k->n; i++)
		if (key_fits(k->key[i], cert))
			return true;
	return false;
}

/* What is wrong with the certificate of a connection, NULL: nothing. */
static const char *wrong_with(const char *file, const struct keys *k)
{
	own(cert) *cert = NULL;
	int rc = cert_load(file, &cert);

	if (rc < 0)
		return strerror(-rc);
	return fits_any(k, cert) ? NULL : "no private key of ipsec.secrets fits it";
}

/* A file of many connections is read once and told once. */
struct judged {
	struct tlink link;
	struct judged *next;
	const char *file; /* the connection's */
	const char *wrong; /* NULL: nothing */
};

struct judge {
	struct keys keys;
	struct table by_file;
	struct judged *all;
	struct conf_log *log;
};

static struct judged *judged_find(const struct judge *j, const char *file, uint32_t hash)
{
	for (struct tlink *l = table_find(&j->by_file, hash); l; l = table_next(l)) {
		struct judged *d = LINKED(l, struct judged, link);

		j->log->n_looked++;
		if (!strcmp(d->file, file))
			return d;
	}
	return NULL;
}

static void say_wrong(struct judge *j, const struct conn *k, const char *wrong)
{
	conf_error(j->log, k->local.cert_at, "%scert=%s: expected a certificate of ours: %s",
		k->swapped ? "right" : "left", k->local.cert_file, wrong);
}

/* Is the certificate of that connection of use? */
static bool judge(struct judge *j, const struct conn *k)
{
	const char *file = k->local.cert_file;
	uint32_t hash = hash_bytes(0, BYTES_STR(file));
	struct judged *d = judged_find(j, file, hash);

	if (d)
		return !d->wrong;
	d = calloc(1, sizeof(*d));
	if (!d || table_add(&j->by_file, &d->link, hash) < 0) {
		free(d);
		say_wrong(j, k, strerror(ENOMEM));
		return false;
	}
	d->next = j->all;
	j->all = d;
	d->file = file;
	d->wrong = wrong_with(file, &j->keys);
	if (d->wrong)
		say_wrong(j, k, d->wrong);
	return !d->wrong;
}

static void judge_end(struct judge *j)
{
	struct judged *next;

	for (struct judged *d = j->all; d; d = next) {
		next = d->next;
		free(d);
	}
	table_free(&j->by_file);
	for (size_t i = 0; i < j->keys.n; i++)
		key_free(j->keys.key[i]);
}

void conf_check_files(struct ike_conf *c, struct conf_log *log)
{
	struct judge j = { .log = log };

	keys_read(c, &j.keys, log);
	for (struct conn *k = c->conns; k; k = k->next)
		if (k->local.cert_file && !judge(&j, k))
			k->autostart = AUTO_IGNORE;
	judge_end(&j);
}
