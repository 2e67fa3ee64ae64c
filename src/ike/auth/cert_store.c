#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "ike/auth/cert_store.h"

enum { PATH_CAP = 512 };

struct key_entry {
	struct key_entry *next;
	struct key *key;
};

struct cert_store {
	char *dir;
	struct trust trust;
	struct key_entry *keys;
	struct cred *creds;
	struct blob certreq;
	struct conf_log *findings;
};

static void on_story(void *arg, int level, const char *line)
{
	(void)arg;
	log_cfg(level, "%s", line);
}

int cert_store_new(const char *dir, struct cert_store **out)
{
	own(cert_store) *s = calloc(1, sizeof(*s));

	if (!s || !(s->dir = strdup(dir)) || trust_init(&s->trust) < 0)
		return -ENOMEM;
	s->trust.story = on_story;
	*out = take(s);
	return 0;
}

static void keys_free(struct key_entry *k)
{
	struct key_entry *next;

	for (; k; k = next) {
		next = k->next;
		key_free(k->key);
		free(k);
	}
}

void cert_store_free(struct cert_store *s)
{
	struct cred *next;

	if (!s)
		return;
	for (struct cred *c = s->creds; c; c = next) {
		next = c->next;
		cert_free(c->cert);
		for (size_t i = 0; i < c->n_more; i++)
			cert_free(c->more[i]);
		free(c->file);
		free(c);
	}
	keys_free(s->keys);
	trust_free(&s->trust);
	blob_free(&s->certreq);
	free(s->dir);
	free(s);
}

/* CERTREQ lists the SHA-1 hashes of the keys that we trust (RFC 7296 section 3.7). */
static int certreq_make(struct cert_store *s)
{
	size_t n = trust_n_ca(&s->trust);
	int rc = blob_alloc(&s->certreq, n * 20);

	for (size_t i = 0; !rc && i < n; i++)
		memcpy(s->certreq.p + i * 20, cert_spki_sha1(trust_ca(&s->trust, i)), 20);
	return rc;
}

static int take_ca(void *arg, struct cert *ca)
{
	struct cert_store *s = arg;

	return trust_add_ca(&s->trust, ca);
}

int cert_store_add_ca(struct cert_store *s, const char *path)
{
	int rc = cert_load_each(path, take_ca, s), made = certreq_make(s);

	return rc < 0 ? rc : made;
}

int cert_store_add_crl(struct cert_store *s, const char *path)
{
	return trust_add_crl(&s->trust, path);
}

static int load_ca(struct cert_store *s, const char *path)
{
	int rc = cert_store_add_ca(s, path);

	if (!rc)
		log_lib(1, "loaded certificate file '%s'", path);
	return rc;
}

static int load_crl(struct cert_store *s, const char *path)
{
	int rc = cert_store_add_crl(s, path);

	if (!rc)
		log_lib(1, "loaded crl file '%s'", path);
	return rc;
}

/* Nothing of this kind is used here: a file that somebody put there deserves a word. */
static int load_none(struct cert_store *s, const char *path)
{
	(void)s, (void)path;
	return -EOPNOTSUPP;
}

static int no_dots(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

void cert_store_findings(struct cert_store *s, struct conf_log *log)
{
	s->findings = log;
}

static void say_useless(struct cert_store *s, const char *path, int rc)
{
	const char *why = cert_file_str(rc);
	unsigned line = rc == -EPROTO ? cert_file_line(path) : 0;

	if (s->findings)
		conf_error(s->findings, (struct conf_pos){ path, line }, "%s", why);
	else if (line)
		log_cfg(1, "file '%s', line %u: %s", path, line, why);
	else
		log_cfg(1, "file '%s' was not loaded: %s", path, why);
}

static void load_folder(struct cert_store *s, const char *what, const char *name,
	int (*load)(struct cert_store *s, const char *path))
{
	char dir[PATH_CAP], path[2 * PATH_CAP];
	struct dirent **list = NULL;
	int n, rc;

	snprintf(dir, sizeof(dir), "%s/%s", s->dir, name);
	log_cfg(1, "loading %s from '%s'", what, dir);
	n = scandir(dir, &list, no_dots, alphasort);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		rc = load(s, path);
		if (rc < 0)
			say_useless(s, path, rc);
		free(list[i]);
	}
	free(list);
}

void cert_store_reread_cas(struct cert_store *s)
{
	load_folder(s, "ca certificates", "cacerts", load_ca);
}

void cert_store_reread_crls(struct cert_store *s)
{
	load_folder(s, "crls", "crls", load_crl);
}

int cert_store_add_key(struct cert_store *s, const char *path)
{
	struct key_entry *e = calloc(1, sizeof(*e));
	int rc = e ? key_load(path, NULL, &e->key) : -ENOMEM;

	if (rc < 0) {
		free(e);
		return rc;
	}
	e->next = s->keys;
	s->keys = e;
	return 0;
}

static void load_secret(struct cert_store *s, const struct secret *secret)
{
	struct key_entry *e = calloc(1, sizeof(*e));
	int rc = e ? key_load(secret->key_file, secret->passphrase, &e->key) : -ENOMEM;

	if (rc < 0) {
		log_cfg(1, "%s:%u: private key file '%s' was not loaded: %s", secret->at.file,
			secret->at.line, secret_str(secret), key_file_str(rc));
		free(e);
		return;
	}
	log_cfg(1, "loaded private key file '%s'", secret->key_file);
	e->next = s->keys;
	s->keys = e;
}

static const struct key *key_of(const struct cert_store *s, const struct cert *cert)
{
	for (const struct key_entry *e = s->keys; e; e = e->next)
		if (key_fits(e->key, cert))
			return e->key;
	return NULL;
}

void cert_store_reread_secrets(struct cert_store *s, const struct ike_conf *conf)
{
	struct key_entry *old = take(s->keys);
	const char *file = NULL;

	for (const struct secret *k = conf->secrets; k; k = k->next) {
		if (!file || strcmp(file, k->at.file) != 0) {
			file = k->at.file;
			log_cfg(1, "loading secrets from '%s'", file);
		}
		load_secret(s, k);
	}
	for (struct cred *c = s->creds; c; c = c->next)
		c->key = key_of(s, c->cert);
	keys_free(old);
}

void cert_store_rules(struct cert_store *s, const struct ike_conf *conf)
{
	s->trust.policy = (enum crl_policy)conf->strictcrlpolicy;
	s->trust.rules = conf->rules;
}

void cert_store_load(struct cert_store *s, const struct ike_conf *conf)
{
	cert_store_rules(s, conf);
	cert_store_reread_cas(s);
	load_folder(s, "aa certificates", "aacerts", load_none);
	load_folder(s, "ocsp signer certificates", "ocspcerts", load_none);
	load_folder(s, "attribute certificates", "acerts", load_none);
	cert_store_reread_crls(s);
	cert_store_reread_secrets(s, conf);
}

static struct cred *cred_same(const struct cert_store *s, const struct cert *cert)
{
	for (struct cred *c = s->creds; c; c = c->next)
		if (bytes_eq(cert_der(c->cert), cert_der(cert)))
			return c;
	return NULL;
}

/* Many connections name one file: it is read again only when it has changed. */
static struct cred *cred_unchanged(const struct cert_store *s, const char *path, struct stat *now)
{
	if (stat(path, now) < 0)
		return NULL;
	for (struct cred *c = s->creds; c; c = c->next)
		if (!strcmp(c->file, path) && c->as.st_ino == now->st_ino &&
			c->as.st_dev == now->st_dev && c->as.st_size == now->st_size &&
			!memcmp(&c->as.st_mtim, &now->st_mtim, sizeof(now->st_mtim)) &&
			!memcmp(&c->as.st_ctim, &now->st_ctim, sizeof(now->st_ctim)))
			return c;
	return NULL;
}

const struct cred *cert_store_cred(struct cert_store *s, const char *cert_file)
{
	own(cert) *cert = NULL;
	char path[PATH_CAP];
	struct stat now = { 0 };
	struct cred *c;
	int rc;

	snprintf(path, sizeof(path), "%s%s%s", *cert_file == '/' ? "" : s->dir,
		*cert_file == '/' ? "" : "/certs/", cert_file);
	c = cred_unchanged(s, path, &now);
	if (c) {
		log_lib(1, "loaded certificate file '%s'", path);
		return c;
	}
	rc = cert_load(path, &cert);
	if (rc < 0) {
		log_cfg(1, "certificate file '%s' was not loaded: %s", path, cert_file_str(rc));
		return NULL;
	}
	log_lib(1, "loaded certificate file '%s'", path);
	c = cred_same(s, cert);
	if (c)
		return c;
	c = calloc(1, sizeof(*c));
	if (!c || !(c->file = strdup(path))) {
		free(c);
		return NULL;
	}
	c->as = now;
	c->key = key_of(s, cert);
	if (!c->key)
		log_cfg(1, "no private key fits certificate file '%s'", path);
	c->cert = take(cert);
	rc = cert_load_more(path, c->more, CRED_MORE, &c->n_more);
	if (rc < 0)
		log_cfg(1, "certificate %zu of file '%s' was not loaded: %s", c->n_more + 2, path,
			cert_file_str(rc));
	c->next = s->creds;
	s->creds = c;
	return c;
}

struct trust *cert_store_trust(struct cert_store *s)
{
	return &s->trust;
}

const struct cred *cert_store_creds(const struct cert_store *s)
{
	return s->creds;
}

struct bytes cert_store_certreq(const struct cert_store *s)
{
	return blob_view(&s->certreq);
}
