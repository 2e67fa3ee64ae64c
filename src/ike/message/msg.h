/*
 * msg - an IKE message as plain structs: parse it whole, write it payload by payload.
 *
 * msg_parse reads header and all payloads of the clear part; when there is an SK payload the
 * caller opens it (crypto/sk) and hands the plaintext to msg_parse_inner. Both change no state.
 * All views point into the datagram (or the plaintext). Writing: msg_begin, put_* …, msg_end.
 * put_* append one payload and chain it to the one before.
 * Shapes:  struct msg holds at most one of each single payload; `has` tells which (P_BIT). More
 *          than one where one is allowed is INVALID_SYNTAX. CERT, CERTREQ, NOTIFY, DELETE,
 *          VENDOR repeat up to their MAX.
 * Units:   SPIs are 64-bit numbers in host order (first octet most significant).
 * Errors:  0; -EBADMSG: not a message (drop: header, length, too many payloads, a fragment);
 *          -EPROTO: broken payloads (INVALID_SYNTAX); -ENOPROTOOPT: an unknown critical payload,
 *          m->critical is its type; -EPROTONOSUPPORT: a newer major version. *m is written in
 *          every case; but for -EBADMSG its header fields can be used to answer.
 * Source:  RFC 7296 sections 3.1 to 3.15.
 */
#pragma once

#include "base/bytes.h"
#include "base/wr.h"
#include "crypto/ident.h"
#include "ike/message/prop.h"
#include "ike/message/ts.h"

enum { IKE_HDR = 28, IKE_MAX_UNAUTH = 10000, IKE_MAX = 65535 };
/* Of a nonce, section 3.9; struct msg never holds another. */
enum { NONCE_MIN = 16, NONCE_MAX = 256 };

enum msg_xchg {
	XCHG_IKE_SA_INIT = 34,
	XCHG_IKE_AUTH,
	XCHG_CREATE_CHILD_SA,
	XCHG_INFORMATIONAL,
};
enum { F_INITIATOR = 0x08, F_VERSION = 0x10, F_RESPONSE = 0x20 };

enum pld {
	PLD_NONE = 0,
	PLD_SA = 33,
	PLD_KE,
	PLD_IDI,
	PLD_IDR,
	PLD_CERT,
	PLD_CERTREQ,
	PLD_AUTH,
	PLD_NONCE,
	PLD_NOTIFY,
	PLD_DELETE,
	PLD_VENDOR,
	PLD_TSI,
	PLD_TSR,
	PLD_SK,
	PLD_CP,
	PLD_EAP,
	PLD_SKF = 53,
};

#define P_BIT(type) (1u << ((type)-32)) /* 33 … 53 fit in 32 bits */
#define P(name) P_BIT(PLD_##name)

enum notify_type {
	N_UNSUPPORTED_CRITICAL_PAYLOAD = 1,
	N_INVALID_IKE_SPI = 4,
	N_INVALID_MAJOR_VERSION = 5,
	N_INVALID_SYNTAX = 7,
	N_INVALID_MESSAGE_ID = 9,
	N_INVALID_SPI = 11,
	N_NO_PROPOSAL_CHOSEN = 14,
	N_INVALID_KE = 17,
	N_AUTHENTICATION_FAILED = 24,
	N_SINGLE_PAIR_REQUIRED = 34,
	N_NO_ADDITIONAL_SAS = 35,
	N_INTERNAL_ADDRESS_FAILURE = 36,
	N_FAILED_CP_REQUIRED = 37,
	N_TS_UNACCEPTABLE = 38,
	N_INVALID_SELECTORS = 39,
	N_TEMPORARY_FAILURE = 43,
	N_CHILD_SA_NOT_FOUND = 44,
	N_INITIAL_CONTACT = 16384,
	N_SET_WINDOW_SIZE = 16385,
	N_ADDITIONAL_TS_POSSIBLE = 16386,
	N_NATD_SOURCE = 16388,
	N_NATD_DESTINATION = 16389,
	N_COOKIE = 16390,
	N_USE_TRANSPORT_MODE = 16391,
	N_REKEY_SA = 16393,
	N_TFC_NOT_SUPPORTED = 16394,
	N_NON_FIRST_FRAGMENTS = 16395,
	N_MOBIKE_SUPPORTED = 16396,
	N_UPDATE_SA_ADDRESSES = 16400,
	N_FRAGMENTATION_SUPPORTED = 16430,
	N_SIGNATURE_HASH_ALGORITHMS = 16431,
};

struct notify {
	uint8_t proto;
	uint16_t type;
	bool stray; /* means nothing in this message (ike/notify) */
	struct bytes spi, data;
};

struct ke {
	uint16_t group;
	struct bytes data;
};

struct idp {
	uint8_t type;
	struct bytes data;
	/* the whole payload body incl. reserved octets: what prf(SK_p, ID') covers */
	struct bytes body;
};

struct certp {
	uint8_t encoding; /* 4: X.509 signature */
	struct bytes data;
};

struct authp {
	uint8_t method;
	struct bytes data;
};

/* clang-format off */
struct delete {
	uint8_t proto;
	uint8_t spi_len;
	uint16_t n;
	struct bytes spis;
};
/* clang-format on */

enum {
	MSG_MAX_PAYLOADS = 100,
	MSG_MAX_CERT = 16,
	MSG_MAX_CERTREQ = 8,
	MSG_MAX_NOTIFY = 40,
	MSG_MAX_DELETE = 8,
};

struct msg {
	struct bytes raw; /* the message from the IKE header on */
	const struct bytes *dgrams; /* what it came in; whoever received it sets this */
	size_t n_dgrams;
	uint64_t spi_i, spi_r;
	uint8_t major, minor, exchange, flags;
	uint32_t id;
	uint32_t has;
	uint8_t critical;
	size_t sk_head; /* octets before the SK payload's IV; 0: no SK */
	uint8_t sk_first; /* type of the first payload inside SK */

	struct prop_list sa;
	struct ke ke;
	struct idp idi, idr;
	struct authp auth;
	struct bytes nonce;
	struct ts_list tsi, tsr;
	int ts_error; /* -ERANGE: a start behind its end, answered by TS_UNACCEPTABLE */
	struct certp cert[MSG_MAX_CERT];
	size_t n_cert;
	struct certp certreq[MSG_MAX_CERTREQ];
	size_t n_certreq;
	struct notify notify[MSG_MAX_NOTIFY];
	size_t n_notify;
	struct delete delete[MSG_MAX_DELETE];
	size_t n_delete;
	/* payload types in the order they came; the n-th notify is notify[n] */
	uint8_t order[MSG_MAX_PAYLOADS];
	size_t n_order;
};

int msg_parse(struct bytes datagram, struct msg *out);
int msg_parse_inner(struct bytes plain, uint8_t first, struct msg *io);

/* first of its type that belongs where it stands, or NULL */
const struct notify *msg_notify(const struct msg *m, uint16_t type);
/* First notify of an error type (< 16384), wherever it belongs, or NULL: for answers. */
const struct notify *msg_error(const struct msg *m);

/*
 * "IKE_SA_INIT request 0 [ SA KE No N(NATD_S_IP) N(NATD_D_IP) ]": header and payloads as the
 * log prints them (one static buffer).
 */
const char *msg_str(const struct msg *m);
const char *xchg_str(uint8_t exchange);
const char *notify_str(uint16_t type); /* short: NATD_S_IP, USE_TRANSP, TS_UNACCEPT, … */
const char *notify_long_str(uint16_t type); /* NO_PROPOSAL_CHOSEN, TS_UNACCEPTABLE, … */

/* Writing. The chain of payloads: msg_out keeps where the next type must be written. */
struct msg_out {
	struct wr w;
	size_t next_at; /* place of the "next payload" octet to fill in */
	bool inner; /* a chain without an IKE header */
	uint8_t first; /* type of the first payload */
};

void msg_begin(struct msg_out *o, uint8_t *buf, size_t cap, uint64_t spi_i, uint64_t spi_r,
	uint8_t exchange, uint8_t flags, uint32_t id);
/*
 * Payloads that will go inside SK: a chain without an IKE header; *first tells the first type
 * afterwards.
 */
void msg_begin_inner(struct msg_out *o, uint8_t *buf, size_t cap);
uint8_t msg_first(const struct msg_out *o);
ssize_t msg_end(struct msg_out *o); /* fills the length; octets or -ENOSPC */

/* generic header; gives the mark for pld_close */
size_t pld_open(struct msg_out *o, uint8_t type);
void pld_close(struct msg_out *o, size_t mark);

void put_sa(struct msg_out *o, const struct prop_list *list);
void put_ke(struct msg_out *o, uint16_t group, struct bytes data);
void put_nonce(struct msg_out *o, struct bytes nonce);
void put_id(struct msg_out *o, uint8_t pld, const struct ident *id);
void put_cert(struct msg_out *o, struct bytes der);
void put_certreq(struct msg_out *o, struct bytes hashes);
void put_auth(struct msg_out *o, uint8_t method, struct bytes data);
void put_notify(
	struct msg_out *o, uint8_t proto, struct bytes spi, uint16_t type, struct bytes data);
void put_delete(struct msg_out *o, uint8_t proto, uint8_t spi_len, uint16_t n, struct bytes spis);
void put_ts(struct msg_out *o, uint8_t pld, const struct ts_list *list);

/* SK around a finished inner chain. Gives the whole message's length, or -errno. */
struct sk_keys;
ssize_t msg_seal(uint8_t *buf, size_t cap, const struct sk_keys *k, uint64_t spi_i, uint64_t spi_r,
	uint8_t exchange, uint8_t flags, uint32_t id, uint8_t first, struct bytes inner);
