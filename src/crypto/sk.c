#include "crypto/sk.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/mac.h"
#include "crypto/ossl.h"
#include "crypto/rand.h"

/* Padding fills the last block; its length octet is always there. */
static size_t padded(const struct sk_keys *k, size_t n)
{
	size_t block = k->encr->out_len;

	return (n + 1 + block - 1) / block * block;
}

size_t sk_size(const struct sk_keys *k, size_t n)
{
	return k->encr->out_len + padded(k, n) + k->integ->out_len;
}

/* CBC in place over whole blocks; the padding is our own. */
static int cbc(const struct sk_keys *k, bool encrypt, const uint8_t *iv, uint8_t *data, size_t n)
{
	static EVP_CIPHER_CTX *ctx;
	const EVP_CIPHER *cipher = ossl_cipher(k->encr->ossl);
	int len;

	if (!ctx)
		ctx = EVP_CIPHER_CTX_new();
	if (!ctx || !cipher || EVP_CipherInit_ex2(ctx, cipher, k->e, iv, encrypt, NULL) != 1)
		return -EINVAL;
	EVP_CIPHER_CTX_set_padding(ctx, 0);
	if (EVP_CipherUpdate(ctx, data, &len, data, (int)n) != 1 || (size_t)len != n)
		return -EINVAL;
	return 0;
}

int sk_seal(const struct sk_keys *k, uint8_t *buf, size_t head, size_t cap, struct bytes plain,
	size_t *out)
{
	size_t iv_len = k->encr->out_len, body = padded(k, plain.n);
	uint8_t *iv, *data;
	int r;

	if (head > cap || cap - head < sk_size(k, plain.n))
		return -ENOSPC;
	iv = buf + head;
	data = iv + iv_len;
	rand_bytes(iv, iv_len);
	if (plain.n)
		memcpy(data, plain.p, plain.n);
	memset(data + plain.n, 0, body - plain.n);
	data[body - 1] = (uint8_t)(body - plain.n - 1);
	r = cbc(k, true, iv, data, body);
	if (r < 0)
		return r;
	r = mac_make(k->integ, BYTES(k->a, k->integ->key_len), &BYTES(buf, head + iv_len + body), 1,
		data + body);
	if (r < 0)
		return r;
	*out = head + sk_size(k, plain.n);
	return 0;
}

int sk_open(const struct sk_keys *k, struct bytes msg, size_t head, struct blob *plain)
{
	size_t iv_len = k->encr->out_len, icv_len = k->integ->out_len;
	own_blob data = { 0 };
	size_t body, pad;
	int r;

	if (msg.n < head || msg.n - head < iv_len + k->encr->out_len + icv_len)
		return -EBADMSG;
	body = msg.n - head - iv_len - icv_len;
	if (mac_check(k->integ, BYTES(k->a, k->integ->key_len), &BYTES(msg.p, msg.n - icv_len), 1,
		    BYTES(msg.p + msg.n - icv_len, icv_len)) < 0)
		return -EBADMSG;
	if (body % k->encr->out_len)
		return -EPROTO;
	r = blob_set(&data, BYTES(msg.p + head + iv_len, body));
	if (r < 0)
		return r;
	r = cbc(k, false, msg.p + head, data.p, body);
	if (r < 0)
		return r;
	pad = data.p[body - 1];
	if (pad + 1 > body)
		return -EPROTO;
	return blob_set(plain, BYTES(data.p, body - 1 - pad));
}
