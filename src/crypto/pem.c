/* Objects in files: the blocks of a PEM text, each from its BEGIN to its END, or one in DER. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/file.h"
#include "crypto/cert_int.h"
#include "crypto/x509.h"

#define DASHES "-----"
#define BEGIN DASHES "BEGIN "
#define END DASHES "END "

struct pem {
	struct bytes left;
	unsigned line; /* of what was read last */
	struct bytes name; /* of the block that is open; n 0: none is */
	const uint8_t *from;
	unsigned from_line;
	unsigned fault; /* line of the first object that is not whole, 0: all are */
};

static void fault(struct pem *p, unsigned line)
{
	if (!p->fault)
		p->fault = line;
}

/* Without the blanks around it. */
static struct bytes next_line(struct pem *p)
{
	const uint8_t *stop = memchr(p->left.p, '\n', p->left.n);
	struct bytes line = BYTES(p->left.p, stop ? (size_t)(stop - p->left.p) : p->left.n);
	size_t n = line.n + (stop != NULL);

	p->left = BYTES(p->left.p + n, p->left.n - n);
	p->line++;
	while (line.n && isspace(line.p[line.n - 1]))
		line.n--;
	while (line.n && isspace(*line.p))
		line = BYTES(line.p + 1, line.n - 1);
	return line;
}

/* "-----BEGIN NAME-----": NAME, or nothing. */
static struct bytes name_of(struct bytes line, const char *opener)
{
	size_t n = strlen(opener), end = strlen(DASHES);

	if (line.n <= n + end || memcmp(line.p, opener, n) != 0 ||
		memcmp(line.p + line.n - end, DASHES, end) != 0)
		return BYTES(NULL, 0);
	return BYTES(line.p + n, line.n - n - end);
}

static bool has(struct bytes line, const char *word)
{
	return memmem(line.p, line.n, word, strlen(word));
}

/* Is meant as the first or last line of an object; base64 has no dashes. */
static bool is_edge(const struct pem *p, struct bytes line)
{
	if (p->name.n)
		return (line.n && *line.p == '-') || has(line, DASHES);
	return has(line, "--") && (has(line, "BEGIN") || has(line, "END"));
}

/* The next block that is whole, its two lines with it; n 0: no more. */
static struct bytes next_block(struct pem *p)
{
	while (p->left.n) {
		struct bytes line = next_line(p), begin = name_of(line, BEGIN);
		struct bytes end = name_of(line, END);
		bool was_open = p->name.n, ends = was_open && bytes_eq(end, p->name);

		if (!is_edge(p, line))
			continue;
		p->name = begin;
		if (ends)
			return BYTES(p->from, (size_t)(p->left.p - p->from));
		if (was_open || !begin.n)
			fault(p, was_open ? p->from_line : p->line);
		p->from = line.p;
		p->from_line = p->line;
	}
	if (p->name.n)
		fault(p, p->from_line);
	p->name.n = 0;
	return BYTES(NULL, 0);
}

/* 1: it is one of that name, 0: it is not, or -errno. */
static int decode(struct bytes block, const char *pem_name, uint8_t **der, long *n)
{
	BIO *bio = BIO_new_mem_buf(block.p, (int)block.n);
	char *name = NULL, *header = NULL;
	int r = !bio ? -ENOMEM : PEM_read_bio(bio, &name, &header, der, n) == 1 ? 1 : -EBADMSG;

	if (r == 1 && strcmp(name, pem_name) != 0)
		r = !strcmp(name, PEM_STRING_X509_OLD) && !strcmp(pem_name, PEM_STRING_X509);
	OPENSSL_free(name);
	OPENSSL_free(header);
	BIO_free(bio);
	ERR_clear_error();
	return r;
}

static int each_block(
	struct pem *p, const char *pem_name, int (*each)(void *arg, struct bytes der), void *arg)
{
	struct bytes block;
	size_t n = 0;

	while ((block = next_block(p)).n) {
		uint8_t *der = NULL;
		long len = 0;
		int r = decode(block, pem_name, &der, &len);

		if (r == -EBADMSG) {
			fault(p, p->from_line);
			continue;
		}
		if (r == 1) {
			n++;
			r = each(arg, BYTES(der, (size_t)len));
		}
		OPENSSL_clear_free(der, (size_t)len); /* it may be a key */
		if (r < 0)
			return r;
	}
	return p->fault ? -EPROTO : n ? 0 : -EBADMSG;
}

int file_each(const char *path, const char *pem_name, size_t max,
	int (*each)(void *arg, struct bytes der), void *arg)
{
	own_blob text = { 0 };
	struct pem p = { 0 };
	int r = file_read(path, max, &text);

	if (r < 0)
		return r;
	if (text.n && text.p[0] == 0x30) /* a SEQUENCE: DER, not text */
		return each(arg, blob_view(&text));
	p.left = blob_view(&text);
	return each_block(&p, pem_name, each, arg);
}

static int pass_over(void *arg, struct bytes der)
{
	(void)arg, (void)der;
	return 0;
}

unsigned cert_file_line(const char *path)
{
	own_blob text = { 0 };
	struct pem p = { 0 };

	if (file_read(path, CRL_FILE_MAX, &text) < 0)
		return 0;
	p.left = blob_view(&text);
	each_block(&p, "", pass_over, NULL);
	return p.fault;
}
