#include <errno.h>
#include <string.h>

#include "ike/message/prop.h"

enum { LAST = 0, MORE_PROPOSALS = 2, MORE_TRANSFORMS = 3 };
enum { ATTR_KEY_LENGTH = 14, ATTR_SHORT = 0x8000, SPI_RESERVED = 256 };
enum { TF_NONE = 0 }; /* Diffie-Hellman and integrity: transform id 0 is "none" */

/* Which SPI sizes a protocol may have (RFC 7296 section 3.3.1); others are a syntax error. */
static const struct {
	uint8_t proto, size, or_size;
} spi_sizes[] = {
	{ PROTO_IKE, 0, 8 },
	{ PROTO_AH, 4, 4 },
	{ PROTO_ESP, 4, 4 },
};

/* RFC 7296 section 3.3.5: format and type(16), then a value(16) or a length(16) and octets. */
static void attributes_read(struct rd *in, struct tf *tf)
{
	unsigned n_key = 0;

	while (rd_left(in)) {
		uint16_t type = rd_u16(in);
		uint16_t value = rd_u16(in);

		if (!(type & ATTR_SHORT))
			rd_skip(in, value);
		if (type == (ATTR_SHORT | ATTR_KEY_LENGTH)) {
			tf->key_bits = value;
			tf->unknown_attr |= n_key++ > 0;
		} else {
			tf->unknown_attr = true;
		}
	}
}

/*
 * RFC 7296 section 3.3.2: last(8) reserved(8) len(16) type(8) reserved(8) id(16)
 * attributes(...)
 */
static int transform_read(struct rd *in, bool last, struct tf *out)
{
	struct tf tf = { 0 };
	uint8_t more = rd_u8(in);
	uint16_t len;
	struct rd body;

	rd_skip(in, 1);
	len = rd_u16(in);
	body = rd_sub(in, len >= 4 ? len - 4u : SIZE_MAX);
	tf.type = rd_u8(&body);
	rd_skip(&body, 1);
	tf.id = rd_u16(&body);
	attributes_read(&body, &tf);
	if (rd_done(&body) < 0 || more != (last ? LAST : MORE_TRANSFORMS))
		return -EBADMSG;
	if (!tf.unknown_attr)
		tf.alg = alg_find(tf.type, tf.id, tf.key_bits);
	*out = tf;
	return 0;
}

static void transform_keep(struct prop *p, const struct tf *tf)
{
	size_t room = tf->alg ? TF_MAX : TF_MAX / 2;

	if (tf->type < ALG_ENCR || tf->type > ALG_ESN)
		p->unusable = true; /* section 3.3.6 */
	if (p->n_tf < room)
		p->tf[p->n_tf++] = *tf;
	else
		p->left_out++;
}

static int spi_read(struct rd *in, uint8_t size, struct prop *p)
{
	struct bytes spi = rd_bytes(in, size);
	uint32_t value = 0;
	bool known = false;

	if (rd_ok(in) < 0)
		return -EBADMSG;
	for (size_t i = 0; i < sizeof(spi_sizes) / sizeof(spi_sizes[0]); i++) {
		if (spi_sizes[i].proto != p->proto)
			continue;
		if (size != spi_sizes[i].size && size != spi_sizes[i].or_size)
			return -EBADMSG;
		known = true;
	}
	p->unusable = !known;
	if (!known || !size)
		return 0;
	memcpy(p->spi, spi.p, size);
	p->spi_len = size;
	for (size_t i = 0; i < size; i++)
		value |= (uint32_t)spi.p[i] << (8 * (3 - i % 4));
	if (value < SPI_RESERVED && size == 4) /* RFC 4303 section 2.1: 0 to 255 are reserved */
		p->unusable = true;
	return 0;
}

/*
 * RFC 7296 section 3.3.1: last(8) reserved(8) len(16) num(8) proto(8) spi_len(8) n(8) spi
 * transforms(...)
 */
static int proposal_read(struct rd *in, struct prop *out)
{
	struct prop p = { 0 };
	struct tf tf;
	uint8_t more = rd_u8(in), spi_len, n_tf;
	uint16_t len;
	struct rd body;

	rd_skip(in, 1);
	len = rd_u16(in);
	body = rd_sub(in, len >= 4 ? len - 4u : SIZE_MAX);
	p.num = rd_u8(&body);
	p.proto = rd_u8(&body);
	spi_len = rd_u8(&body);
	n_tf = rd_u8(&body);
	if (spi_read(&body, spi_len, &p) < 0)
		return -EBADMSG;
	for (unsigned i = 1; i <= n_tf; i++) {
		if (transform_read(&body, i == n_tf, &tf) < 0)
			return -EBADMSG;
		transform_keep(&p, &tf);
	}
	if (rd_done(&body) < 0 || more != (rd_left(in) ? MORE_PROPOSALS : LAST))
		return -EBADMSG;
	*out = p;
	return 0;
}

int prop_parse(struct rd in, struct prop_list *out)
{
	struct prop_list list = { 0 };
	struct prop p;
	unsigned prev = 0;

	while (rd_left(&in)) {
		if (proposal_read(&in, &p) < 0)
			return -EBADMSG;
		if (prev && p.num != prev + 1) /* section 3.3.1: one more than the one before */
			return -EBADMSG;
		prev = p.num;
		if (list.n < PROP_MAX)
			list.p[list.n++] = p;
		else
			list.left_out++;
	}
	*out = list;
	return 0;
}

static void transform_write(struct wr *w, const struct tf *tf, bool last)
{
	size_t from = w->n, mark;

	wr_u8(w, last ? LAST : MORE_TRANSFORMS);
	wr_u8(w, 0);
	mark = wr_mark16(w);
	wr_u8(w, tf->type);
	wr_u8(w, 0);
	wr_u16(w, tf->id);
	if (tf->key_bits) {
		wr_u16(w, ATTR_SHORT | ATTR_KEY_LENGTH);
		wr_u16(w, tf->key_bits);
	}
	wr_close16(w, mark, from);
}

void prop_write(struct wr *w, const struct prop_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct prop *p = &list->p[i];
		size_t from = w->n, mark;

		wr_u8(w, i + 1 < list->n ? MORE_PROPOSALS : LAST);
		wr_u8(w, 0);
		mark = wr_mark16(w);
		wr_u8(w, p->num ? p->num : (uint8_t)(i + 1));
		wr_u8(w, p->proto);
		wr_u8(w, p->spi_len);
		wr_u8(w, (uint8_t)p->n_tf);
		wr_bytes(w, BYTES(p->spi, p->spi_len));
		for (size_t k = 0; k < p->n_tf; k++)
			transform_write(w, &p->tf[k], k + 1 == p->n_tf);
		wr_close16(w, mark, from);
	}
}

void prop_without_dh(const struct prop_list *list, struct prop_list *out)
{
	struct prop_list left = *list;

	for (size_t i = 0; i < left.n; i++) {
		struct prop *p = &left.p[i];

		p->n_tf = 0;
		for (size_t k = 0; k < list->p[i].n_tf; k++)
			if (list->p[i].tf[k].type != ALG_DH)
				p->tf[p->n_tf++] = list->p[i].tf[k];
	}
	*out = left;
}

static const struct alg **suite_slot(struct suite *s, uint8_t type)
{
	switch (type) {
	case ALG_ENCR:
		return &s->encr;
	case ALG_PRF:
		return &s->prf;
	case ALG_INTEG:
		return &s->integ;
	case ALG_DH:
		return &s->dh;
	case ALG_ESN:
		return &s->esn;
	}
	return NULL;
}

void prop_of_suite(const struct suite *s, uint8_t proto, struct prop_list *out)
{
	const struct alg *algs[] = { s->encr, s->integ, s->prf, s->dh, s->esn };
	struct prop p = { .num = s->num, .proto = proto, .spi_len = s->spi_len };

	memcpy(p.spi, s->spi, sizeof(p.spi));
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++)
		if (algs[i])
			p.tf[p.n_tf++] = (struct tf){ .type = (uint8_t)algs[i]->type,
				.id = algs[i]->id,
				.key_bits = algs[i]->key_bits,
				.alg = algs[i] };
	*out = (struct prop_list){ .p = { p }, .n = 1 };
}

static bool has_type(const struct prop *p, uint8_t type)
{
	for (size_t i = 0; i < p->n_tf; i++)
		if (p->tf[i].type == type)
			return true;
	return false;
}

static bool has_tf(const struct prop *p, const struct tf *tf)
{
	for (size_t i = 0; i < p->n_tf; i++)
		if (p->tf[i].type == tf->type && p->tf[i].id == tf->id &&
			p->tf[i].key_bits == tf->key_bits && !p->tf[i].unknown_attr)
			return true;
	return false;
}

/* The first transform of this type that both have: 0, or -ENOENT. */
static int choose_type(
	const struct prop *own, const struct prop *offer, uint8_t type, struct suite *s)
{
	const struct tf none = { .type = type, .id = TF_NONE };

	if (!has_type(own, type)) /* the peer must be content without */
		return !has_type(offer, type) || has_tf(offer, &none) ? 0 : -ENOENT;
	for (size_t i = 0; i < own->n_tf; i++) {
		if (own->tf[i].type != type || !own->tf[i].alg || !has_tf(offer, &own->tf[i]))
			continue;
		*suite_slot(s, type) = own->tf[i].alg;
		return 0;
	}
	return -ENOENT;
}

static int choose_from(
	const struct prop *own, const struct prop *offer, bool with_dh, struct suite *out)
{
	struct suite s = { .num = offer->num, .spi_len = offer->spi_len };

	if (own->proto != offer->proto || offer->unusable)
		return -ENOENT;
	for (uint8_t type = ALG_ENCR; type <= ALG_ESN; type++)
		if ((type != ALG_DH || with_dh) && choose_type(own, offer, type, &s) < 0)
			return -ENOENT;
	memcpy(s.spi, offer->spi, sizeof(s.spi));
	*out = s;
	return 0;
}

int prop_choose(const struct prop_list *own, const struct prop_list *offered, bool with_dh,
	struct suite *out)
{
	for (size_t i = 0; i < own->n; i++)
		for (size_t k = 0; k < offered->n; k++)
			if (choose_from(&own->p[i], &offered->p[k], with_dh, out) == 0)
				return (int)i;
	return -ENOENT;
}

/* RFC 7296 section 2.7: the answer names a proposal by its number. */
static const struct prop *offered_as(const struct prop_list *offered, uint8_t num)
{
	for (size_t i = 0; i < offered->n; i++)
		if (num == (offered->p[i].num ? offered->p[i].num : i + 1))
			return &offered->p[i];
	return NULL;
}

int prop_verify(const struct prop_list *offered, const struct prop_list *answer, bool with_dh,
	struct suite *out)
{
	const struct prop *a = &answer->p[0], *o;
	struct suite s = { .num = a->num, .spi_len = a->spi_len };

	if (answer->n != 1 || answer->left_out || a->unusable || a->left_out)
		return -EINVAL;
	o = offered_as(offered, a->num);
	if (!o || o->proto != a->proto)
		return -EINVAL;
	for (size_t i = 0; i < a->n_tf; i++) {
		const struct tf *tf = &a->tf[i];
		bool none = tf->type == ALG_DH && tf->id == TF_NONE && !with_dh;

		if (none)
			continue;
		if (!tf->alg || !has_tf(o, tf) || *suite_slot(&s, tf->type) ||
			(tf->type == ALG_DH && !with_dh))
			return -EINVAL;
		*suite_slot(&s, tf->type) = tf->alg;
	}
	for (uint8_t type = ALG_ENCR; type <= ALG_ESN; type++)
		if (has_type(o, type) && !*suite_slot(&s, type) && (type != ALG_DH || with_dh))
			return -EINVAL;
	memcpy(s.spi, a->spi, sizeof(s.spi));
	*out = s;
	return 0;
}

bool prop_has_group(const struct prop_list *own, uint16_t group)
{
	const struct tf tf = { .type = ALG_DH, .id = group };

	for (size_t i = 0; i < own->n; i++)
		if (has_tf(&own->p[i], &tf))
			return true;
	return false;
}

const struct alg *prop_first_group(const struct prop_list *own)
{
	for (size_t i = 0; i < own->n; i++)
		for (size_t k = 0; k < own->p[i].n_tf; k++)
			if (own->p[i].tf[k].type == ALG_DH && own->p[i].tf[k].alg)
				return own->p[i].tf[k].alg;
	return NULL;
}
