#include "crypto/x509.h"

#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/file.h"
#include "base/names.h"
#include "crypto/cert_int.h"
#include "crypto/dn.h"
#include "crypto/prf.h"

enum { RSA_BITS_FLOOR = 1024, RSA_BITS_MIN = 2048, RSA_BITS_MAX = 16384, EXPONENT_BITS_MAX = 64 };

/* Handled here; a critical extension that is not among them makes the certificate unfit. */
static const int known_critical[] = {
	NID_basic_constraints,
	NID_key_usage,
	NID_ext_key_usage,
	NID_subject_alt_name,
	NID_name_constraints,
	NID_certificate_policies,
};

time_t time_of(const ASN1_TIME *t)
{
	struct tm tm;

	return t && ASN1_TIME_to_tm(t, &tm) == 1 ? timegm(&tm) : -1;
}

int sig_alg_md(int sig_nid)
{
	int md = NID_undef, key = NID_undef;

	OBJ_find_sigid_algs(sig_nid, &md, &key);
	return md;
}

bool md_is_weak(int md)
{
	return md == NID_md5 || md == NID_md4 || md == NID_md2 || md == NID_sha1;
}

static int take_name(const X509_NAME *name, struct ident *out)
{
	const uint8_t *der;
	size_t n;

	if (X509_NAME_get0_der(name, &der, &n) != 1)
		return -EBADMSG;
	return ident_set(out, ID_DN, BYTES(der, n));
}

static int take_subject(struct cert *c)
{
	char text[1024];
	int r = take_name(X509_get_subject_name(c->x), &c->subject);

	if (r == 0)
		r = take_name(X509_get_issuer_name(c->x), &c->issuer);
	if (r < 0)
		return r;
	dn_print(blob_view(&c->subject.data), text, sizeof(text));
	c->subject_text = strdup(text);
	return c->subject_text ? 0 : -ENOMEM;
}

static int take_spki(struct cert *c)
{
	uint8_t *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->x), &der);
	int r = n > 0 ? hash_sha1(&BYTES(der, (size_t)n), 1, c->spki_sha1) : -EBADMSG;

	OPENSSL_free(der);
	return r;
}

/* The kinds of names that an ID payload can carry. */
static const struct {
	int gen;
	uint8_t type;
	bool text;
} san_kinds[] = {
	{ GEN_EMAIL, ID_RFC822, true },
	{ GEN_DNS, ID_FQDN, true },
	{ GEN_IPADD, ID_IPV6, false },
};

/* An octet 0 in a name makes others read a shorter name than we do: such a certificate is refused.
 */
static int take_general_name(struct cert *c, const GENERAL_NAME *gn)
{
	for (size_t i = 0; i < sizeof(san_kinds) / sizeof(san_kinds[0]); i++) {
		const ASN1_STRING *s;
		struct bytes v;
		uint8_t type = san_kinds[i].type;

		if (gn->type != san_kinds[i].gen)
			continue;
		s = gn->d.ia5;
		v = BYTES(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
		if (!v.n || (san_kinds[i].text && memchr(v.p, 0, v.n)))
			return -EBADMSG;
		if (type == ID_IPV6 && v.n == 4)
			type = ID_IPV4;
		return ident_set(&c->san[c->n_san++], type, v);
	}
	return 0;
}

/* An extension that does not decode, or is there twice, gives NULL with crit other than -1. */
static int take_san(struct cert *c)
{
	int crit, n, r = 0;
	GENERAL_NAMES *names = X509_get_ext_d2i(c->x, NID_subject_alt_name, &crit, NULL);

	if (!names)
		return crit == -1 ? 0 : -EBADMSG;
	n = sk_GENERAL_NAME_num(names);
	c->san = calloc((size_t)n + 1, sizeof(*c->san));
	if (!c->san)
		r = -ENOMEM;
	for (int i = 0; i < n && r == 0; i++)
		r = take_general_name(c, sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
	return r;
}

static int take_constraints(struct cert *c)
{
	int crit;
	BASIC_CONSTRAINTS *basic = X509_get_ext_d2i(c->x, NID_basic_constraints, &crit, NULL);

	if (!basic && crit != -1)
		return -EBADMSG;
	c->path_len = -1;
	if (basic) {
		c->is_ca = basic->ca;
		if (basic->pathlen)
			c->path_len = ASN1_INTEGER_get(basic->pathlen);
		BASIC_CONSTRAINTS_free(basic);
		if (c->path_len < -1)
			return -EBADMSG;
	}
	c->constraints = X509_get_ext_d2i(c->x, NID_name_constraints, &crit, NULL);
	return c->constraints || crit == -1 ? 0 : -EBADMSG;
}

static const char *unfit_key(const struct cert *c)
{
	EVP_PKEY *key = X509_get0_pubkey(c->x);
	BIGNUM *e = NULL;
	const char *why = NULL;
	int bits;

	if (!key)
		return "its public key cannot be read";
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		return NULL;
	bits = EVP_PKEY_get_bits(key);
	if (bits < RSA_BITS_FLOOR)
		return "its RSA key is shorter than 1024 bits";
	if (bits > RSA_BITS_MAX)
		return "its RSA key is longer than 16384 bits";
	if (EVP_PKEY_get_bn_param(key, "e", &e) != 1 || !BN_is_odd(e) || BN_is_one(e) ||
		BN_num_bits(e) > EXPONENT_BITS_MAX)
		why = "its RSA exponent is out of bounds";
	BN_free(e);
	return why;
}

static bool is_known(X509_EXTENSION *ext)
{
	int nid = OBJ_obj2nid(X509_EXTENSION_get_object(ext));

	for (size_t i = 0; i < sizeof(known_critical) / sizeof(known_critical[0]); i++)
		if (known_critical[i] == nid)
			return true;
	return false;
}

static const char *unfit_extensions(const struct cert *c)
{
	for (int i = 0; i < X509_get_ext_count(c->x); i++) {
		X509_EXTENSION *ext = X509_get_ext(c->x, i);

		if (X509_EXTENSION_get_critical(ext) && !is_known(ext))
			return "it has an unknown critical extension";
	}
	return NULL;
}

/* RFC 5280 section 4.2.1.3, RFC 4945 section 5.1.3.2. Without the extension every usage is
 * allowed. */
static const char *unfit_usage(struct cert *c)
{
	uint32_t usage = X509_get_key_usage(c->x);

	c->may_sign_crl = usage & KU_CRL_SIGN;
	if (c->is_ca && !(usage & KU_KEY_CERT_SIGN))
		return "its key must not sign certificates";
	if (!c->is_ca && !(usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
		return "its key must not sign";
	return NULL;
}

/* RFC 4945 section 5.1.3.12 */
static void take_purposes(struct cert *c)
{
	static const struct {
		int nid;
		bool ike, tls;
	} purposes[] = {
		{ NID_ipsec_IKE, true, false },
		{ NID_anyExtendedKeyUsage, true, true },
		{ NID_server_auth, false, true },
		{ NID_client_auth, false, true },
	};
	int crit;
	EXTENDED_KEY_USAGE *eku = X509_get_ext_d2i(c->x, NID_ext_key_usage, &crit, NULL);

	c->is_for_ike = c->is_for_tls = !eku && crit == -1;
	for (int i = 0; i < sk_ASN1_OBJECT_num(eku); i++)
		for (size_t k = 0; k < sizeof(purposes) / sizeof(purposes[0]); k++) {
			bool same = OBJ_obj2nid(sk_ASN1_OBJECT_value(eku, i)) == purposes[k].nid;

			c->is_for_ike |= same && purposes[k].ike;
			c->is_for_tls |= same && purposes[k].tls;
		}
	EXTENDED_KEY_USAGE_free(eku);
}

static void judge(struct cert *c)
{
	EVP_PKEY *key = X509_get0_pubkey(c->x);
	int crit;

	c->crl_points = X509_get_ext_d2i(c->x, NID_crl_distribution_points, &crit, NULL);
	take_purposes(c);
	c->md = sig_alg_md(X509_get_signature_nid(c->x));
	c->is_short = key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
		EVP_PKEY_get_bits(key) < RSA_BITS_MIN;
	c->unfit = unfit_key(c);
	if (!c->unfit)
		c->unfit = unfit_extensions(c);
	if (!c->unfit)
		c->unfit = unfit_usage(c);
	if (!c->unfit && X509_get_extension_flags(c->x) & EXFLAG_INVALID)
		c->unfit = "an extension cannot be read";
	ERR_clear_error();
}

int cert_parse(struct bytes der, struct cert **out)
{
	own(cert) *c = calloc(1, sizeof(*c));
	const uint8_t *p = der.p;
	int r;

	if (!c)
		return -ENOMEM;
	if (!der.n || der.n > CERT_MAX)
		return -EBADMSG;
	c->x = d2i_X509(NULL, &p, (long)der.n);
	ERR_clear_error();
	if (!c->x || p != der.p + der.n)
		return -EBADMSG;
	c->not_before = time_of(X509_get0_notBefore(c->x));
	c->not_after = time_of(X509_get0_notAfter(c->x));
	if (c->not_before == -1 || c->not_after == -1)
		return -EBADMSG;
	r = blob_set(&c->der, der);
	if (r == 0)
		r = take_subject(c);
	if (r == 0)
		r = take_spki(c);
	if (r == 0)
		r = take_san(c);
	if (r == 0)
		r = take_constraints(c);
	if (r < 0)
		return r;
	judge(c);
	*out = take(c);
	return 0;
}

struct loading {
	struct cert **out;
	size_t cap, skip, n;
};

static int take_cert(void *arg, struct bytes der)
{
	struct loading *l = arg;
	int r = 0;

	if (l->skip)
		l->skip--;
	else if (l->n < l->cap)
		r = cert_parse(der, &l->out[l->n]);
	else
		return 0;
	if (r == 0 && l->n < l->cap && l->out[l->n])
		l->n++;
	return r;
}

int cert_load_more(const char *path, struct cert **out, size_t cap, size_t *n)
{
	struct loading l = { out, cap, 1, 0 };
	int r;

	memset(out, 0, cap * sizeof(*out));
	r = file_each(path, PEM_STRING_X509, CERT_FILE_MAX, take_cert, &l);
	*n = l.n;
	return r;
}

int cert_load(const char *path, struct cert **out)
{
	struct cert *c = NULL;
	struct loading l = { &c, 1, 0, 0 };
	int r = file_each(path, PEM_STRING_X509, CERT_FILE_MAX, take_cert, &l);

	if (r == -EPROTO) { /* which one is the first, nobody knows */
		cert_free(c);
		return r;
	}
	if (l.n) /* what stands behind the first is cert_load_more's */
		*out = c;
	return l.n ? 0 : r < 0 ? r : -EBADMSG;
}

struct each {
	int (*each)(void *arg, struct cert *c);
	void *arg;
	int rc; /* of the first that could not be used */
};

static int take_each(void *arg, struct bytes der)
{
	struct each *e = arg;
	struct cert *c = NULL;
	int r = cert_parse(der, &c);

	if (r == 0)
		r = e->each(e->arg, c);
	if (r < 0)
		cert_free(c);
	if (!e->rc)
		e->rc = r;
	return 0;
}

int cert_load_each(const char *path, int (*each)(void *arg, struct cert *c), void *arg)
{
	struct each e = { each, arg, 0 };
	int r = file_each(path, PEM_STRING_X509, CERT_FILE_MAX, take_each, &e);

	return r < 0 ? r : e.rc;
}

const char *cert_file_str(int rc)
{
	static const struct name words[] = {
		{ -EBADMSG, "there is none that is whole, in PEM or DER, and of use here" },
		{ -EPROTO,
			"an object is not whole: expected text in base64 between its BEGIN and "
			"its END line" },
		{ -EINVAL, "it is no CA: its basicConstraints do not say CA:TRUE" },
		{ -EOPNOTSUPP, "nothing of this kind is used here" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].value == rc)
			return words[i].name;
	return file_str(rc);
}

void cert_free(struct cert *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_san; i++)
		ident_free(&c->san[i]);
	free(c->san);
	NAME_CONSTRAINTS_free(c->constraints);
	CRL_DIST_POINTS_free(c->crl_points);
	ident_free(&c->subject);
	ident_free(&c->issuer);
	free(c->subject_text);
	blob_free(&c->der);
	X509_free(c->x);
	free(c);
}

struct bytes cert_der(const struct cert *c)
{
	return blob_view(&c->der);
}

const char *cert_subject(const struct cert *c)
{
	return c->subject_text;
}

void cert_subject_ident(const struct cert *c, struct ident *out)
{
	ident_set(out, ID_DN, blob_view(&c->subject.data));
}

const uint8_t *cert_spki_sha1(const struct cert *c)
{
	return c->spki_sha1;
}

bool cert_is_ca(const struct cert *c)
{
	return c->is_ca;
}

bool cert_has_ident(const struct cert *c, const struct ident *id)
{
	if (ident_has_wildcard(id)) /* RFC 4945 section 3.1: names are taken literally */
		return false;
	if (id->type == ID_DN)
		return ident_eq(&c->subject, id);
	for (size_t i = 0; i < c->n_san; i++)
		if (ident_eq(&c->san[i], id))
			return true;
	return false;
}
