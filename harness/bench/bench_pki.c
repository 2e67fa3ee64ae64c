#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/bench_pki.h"

enum { DAY = 86400, PATH_CAP = 512 };

static int put(const char *folder, const char *name, int (*write)(FILE *f, void *what), void *what)
{
	char path[PATH_CAP];
	FILE *f;
	int ok;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	if (!f)
		return -errno;
	ok = write(f, what);
	return fclose(f) == 0 && ok ? 0 : -EIO;
}

static int write_cert(FILE *f, void *what)
{
	return PEM_write_X509(f, what);
}

static int write_crl(FILE *f, void *what)
{
	return PEM_write_X509_CRL(f, what);
}

static int write_key(FILE *f, void *what)
{
	return PEM_write_PrivateKey(f, what, NULL, NULL, 0, NULL, NULL);
}

static void set_name(X509_NAME *name, const char *cn)
{
	X509_NAME_add_entry_by_txt(
		name, "O", MBSTRING_ASC, (const unsigned char *)"bench", -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
}

static void extend(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	if (ext)
		X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
}

static X509 *issue(EVP_PKEY *ca_key, EVP_PKEY *key, long serial, const char *cn, const char *san)
{
	X509 *cert = X509_new();

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial);
	X509_gmtime_adj(X509_getm_notBefore(cert), -DAY);
	X509_gmtime_adj(X509_getm_notAfter(cert), 30 * DAY);
	set_name(X509_get_subject_name(cert), cn);
	set_name(X509_get_issuer_name(cert), "bench CA");
	X509_set_pubkey(cert, key);
	if (san) {
		extend(cert, NID_subject_alt_name, san);
	} else {
		extend(cert, NID_basic_constraints, "critical,CA:TRUE");
		extend(cert, NID_key_usage, "critical,keyCertSign,cRLSign");
	}
	X509_sign(cert, ca_key, EVP_sha256());
	return cert;
}

static X509_CRL *revoke_nobody(EVP_PKEY *ca_key)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_new();
	ASN1_INTEGER *number = ASN1_INTEGER_new();

	X509_CRL_set_version(crl, 1);
	set_name(X509_CRL_get_issuer(crl), "bench CA");
	X509_CRL_set1_lastUpdate(crl, X509_gmtime_adj(t, -DAY));
	X509_CRL_set1_nextUpdate(crl, X509_gmtime_adj(t, 30 * DAY));
	ASN1_INTEGER_set(number, 1);
	X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0);
	X509_CRL_sign(crl, ca_key, EVP_sha256());
	ASN1_INTEGER_free(number);
	ASN1_TIME_free(t);
	return crl;
}

static int users(const char *folder, EVP_PKEY *ca_key, EVP_PKEY *key, unsigned n)
{
	char name[32], san[64];
	int rc = 0;

	for (unsigned i = 0; i < n && !rc; i++) {
		X509 *cert;

		snprintf(name, sizeof(name), "u%u.pem", i);
		snprintf(san, sizeof(san), "email:u%u@bench.org", i);
		cert = issue(ca_key, key, 10 + (long)i, name, san);
		rc = put(folder, name, write_cert, cert);
		X509_free(cert);
	}
	return rc;
}

static int make_all(const char *folder, EVP_PKEY *ca_key, EVP_PKEY *key, unsigned n)
{
	X509 *ca = issue(ca_key, ca_key, 1, "bench CA", NULL);
	X509 *ha = issue(ca_key, key, 2, "ha", "DNS:ha.bench.org");
	X509_CRL *crl = revoke_nobody(ca_key);
	int rc = put(folder, "key.pem", write_key, key);

	rc = rc ? rc : put(folder, "ca.pem", write_cert, ca);
	rc = rc ? rc : put(folder, "ca.crl", write_crl, crl);
	rc = rc ? rc : put(folder, "ha0.pem", write_cert, ha);
	rc = rc ? rc : users(folder, ca_key, key, n);
	X509_free(ca);
	X509_free(ha);
	X509_CRL_free(crl);
	return rc;
}

/* The last one made, less than a week ago: all are there. */
static int fresh(const char *folder, unsigned n)
{
	char path[PATH_CAP];
	struct stat st;

	snprintf(path, sizeof(path), "%s/u%u.pem", folder, n - 1);
	return !stat(path, &st) && st.st_mtime + 7 * DAY > time(NULL);
}

int bench_pki(const char *folder, unsigned n)
{
	EVP_PKEY *ca_key, *key;
	int rc;

	if (fresh(folder, n))
		return 0;
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return -errno;
	ca_key = EVP_RSA_gen(2048);
	key = EVP_RSA_gen(2048);
	rc = ca_key && key ? make_all(folder, ca_key, key, n) : -EIO;
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(key);
	return rc;
}
