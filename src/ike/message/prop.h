/*
 * prop - proposals of SA payloads: read, write, choose, print. Pure.
 *
 * Shapes:  a proposal is a list of transforms; a configured one (`ike=`, `esp=`) has the same
 *          shape. What does not fit (more than PROP_MAX proposals, TF_MAX transforms) is counted
 *          and left out, so time is bounded.
 * Errors:  prop_parse: 0 or -EBADMSG (INVALID_SYNTAX). prop_choose: index of the own proposal
 *          chosen, or -ENOENT.
 * Source:  RFC 7296 sections 2.7 and 3.3; docs.
 */
#pragma once

#include "base/rd.h"
#include "base/wr.h"
#include "crypto/alg.h"

enum { PROP_MAX = 16, TF_MAX = 24 };
enum prop_proto { PROTO_IKE = 1, PROTO_AH = 2, PROTO_ESP = 3 };

struct tf {
	uint8_t type;
	uint16_t id, key_bits;
	bool unknown_attr; /* makes this transform unacceptable (section 3.3.6) */
	const struct alg *alg; /* NULL when not known here */
};

/* At most half of the room goes to transforms that are not known here. */
struct prop {
	uint8_t num, proto;
	uint8_t spi[8];
	uint8_t spi_len; /* 0, 4, 8 */
	struct tf tf[TF_MAX];
	size_t n_tf;
	unsigned left_out;
	bool unusable; /* a transform type or protocol not known here, or a reserved SPI */
};

struct prop_list {
	struct prop p[PROP_MAX];
	size_t n;
	unsigned left_out;
};

/* One algorithm of each type, NULL where the proposal has none. */
struct suite {
	const struct alg *encr, *integ, *prf, *dh, *esn;
	uint8_t num; /* the peer's proposal number */
	uint8_t spi[8];
	uint8_t spi_len;
};

int prop_parse(struct rd in, struct prop_list *out); /* the payload's body */
/* the payload's body; numbers 1, 2, … unless num is set */
void prop_write(struct wr *w, const struct prop_list *list);

/* The same without Diffie-Hellman: what the first CHILD_SA offers in IKE_AUTH. */
void prop_without_dh(const struct prop_list *list, struct prop_list *out);

/* A suite as the single proposal of an answer. */
void prop_of_suite(const struct suite *s, uint8_t proto, struct prop_list *out);

/*
 * "aes128-sha1-modp2048" -> one proposal of the protocol; *why tells what was expected.
 * Integrity without AEAD is required.
 */
int prop_word(const char *text, uint8_t proto, struct prop *out, const char **why);
/* Default list for IKE or ESP when nothing is configured. */
void prop_defaults(uint8_t proto, struct prop_list *out);

/*
 * First own proposal that an offered one covers; with_dh false leaves Diffie-Hellman out (first
 * CHILD_SA).
 */
int prop_choose(const struct prop_list *own, const struct prop_list *offered, bool with_dh,
	struct suite *out);

/*
 * The initiator's check of the answer: exactly one proposal, one transform a type, all offered
 * . 0 or -EINVAL.
 */
int prop_verify(const struct prop_list *offered, const struct prop_list *answer, bool with_dh,
	struct suite *out);

/* Does any own proposal name this group? */
bool prop_has_group(const struct prop_list *own, uint16_t group);
const struct alg *prop_first_group(const struct prop_list *own);

/* "AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048" lists for logs (ring of 4). */
const char *prop_list_str(const struct prop_list *list);
/* statusall: "AES_CBC-128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048_BIT" */
const char *suite_status_str(const struct suite *s);
