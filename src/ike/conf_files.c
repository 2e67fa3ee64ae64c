#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/sig.h"
#include "ike/conf_read.h"

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

/* One file of several connections is told once. */
static bool told(const struct ike_conf *c, const struct conn *conn)
{
	for (const struct conn *k = c->conns; k != conn; k = k->next)
		if (k->local.cert_file && !strcmp(k->local.cert_file, conn->local.cert_file))
			return true;
	return false;
}

void conf_check_files(struct ike_conf *c, struct conf_log *log)
{
	struct keys keys = { .n = 0 };

	keys_read(c, &keys, log);
	for (struct conn *k = c->conns; k; k = k->next) {
		const char *wrong =
			k->local.cert_file ? wrong_with(k->local.cert_file, &keys) : NULL;

		if (!wrong)
			continue;
		if (!told(c, k))
			conf_error(log, k->local.cert_at,
				"%scert=%s: expected a certificate of ours: %s",
				k->swapped ? "right" : "left", k->local.cert_file, wrong);
		k->autostart = AUTO_IGNORE;
	}
	for (size_t i = 0; i < keys.n; i++)
		key_free(keys.key[i]);
}
