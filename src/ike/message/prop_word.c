#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ike/message/prop.h"

enum { TEXT_MAX = 1024, WORD_MAX = 32, RING = 4 };

static const char *const default_words[] = {
	[PROTO_IKE] = "aes128-aes256-sha256-curve25519-ecp256-modp2048",
	[PROTO_ESP] = "aes128-aes256-sha256",
};

static bool allowed(const struct alg *a, uint8_t proto)
{
	return proto == PROTO_IKE ? a->ike : a->esp;
}

static bool has(const struct prop *p, enum alg_type type)
{
	for (size_t i = 0; i < p->n_tf; i++)
		if (p->tf[i].type == type)
			return true;
	return false;
}

/* False when there is no room. A transform named twice counts once. */
static bool add(struct prop *p, const struct alg *a)
{
	for (size_t i = 0; i < p->n_tf; i++)
		if (p->tf[i].alg == a)
			return true;
	if (p->n_tf == TF_MAX)
		return false;
	p->tf[p->n_tf++] = (struct tf){
		.type = (uint8_t)a->type, .id = a->id, .key_bits = a->key_bits, .alg = a
	};
	return true;
}

/* What the words leave unsaid: the PRF of the integrity algorithm, plain sequence numbers. */
static void complete(struct prop *p)
{
	struct prop named = *p;

	if (p->proto == PROTO_IKE && !has(p, ALG_PRF))
		for (size_t i = 0; i < named.n_tf; i++)
			if (named.tf[i].type == ALG_INTEG && alg_prf_of(named.tf[i].alg))
				add(p, alg_prf_of(named.tf[i].alg));
	if (p->proto == PROTO_ESP && !has(p, ALG_ESN))
		add(p, alg_find(ALG_ESN, 0, 0));
}

/*
 * RFC 4877 section 4.3 wants integrity always, and encryption for what runs in the tunnel
 * (A-190).
 */
static const char *missing(const struct prop *p)
{
	if (!has(p, ALG_ENCR))
		return "an encryption algorithm such as aes128";
	if (!has(p, ALG_INTEG))
		return "an integrity algorithm such as sha256";
	if (p->proto == PROTO_IKE && !has(p, ALG_DH))
		return "a Diffie-Hellman group such as modp2048";
	return NULL;
}

/* The wrong word, and which there are. */
static const char *unknown(const char *word, uint8_t proto)
{
	static char text[TEXT_MAX];
	const struct alg *a;
	size_t n = (size_t)snprintf(text, sizeof(text), "%s to be one of", word);

	for (size_t i = 0; (a = alg_at(i)) && n < sizeof(text); i++)
		if (allowed(a, proto))
			n += (size_t)snprintf(text + n, sizeof(text) - n, " %s", a->word);
	return text;
}

static const char *take_word(struct prop *p, const char *word)
{
	const struct alg *a = alg_word(word);

	if (!strcmp(word, "modpnone"))
		return NULL;
	if (!a || !allowed(a, p->proto))
		return unknown(word, p->proto);
	return add(p, a) ? NULL : "fewer algorithms";
}

int prop_word(const char *text, uint8_t proto, struct prop *out, const char **why)
{
	struct prop p = { .proto = proto };
	const char *bad = NULL;
	char word[WORD_MAX];

	for (const char *at = text; at; at = strchr(at, '-') ? strchr(at, '-') + 1 : NULL) {
		size_t n = strcspn(at, "-");

		if (!n || n >= sizeof(word)) {
			bad = "algorithms joined by '-' such as aes128-sha256-modp2048";
			break;
		}
		memcpy(word, at, n);
		word[n] = '\0';
		bad = take_word(&p, word);
		if (bad)
			break;
	}
	if (!bad) {
		complete(&p);
		bad = missing(&p);
	}
	if (bad) {
		*why = bad;
		return -EINVAL;
	}
	*out = p;
	return 0;
}

void prop_defaults(uint8_t proto, struct prop_list *out)
{
	struct prop_list list = { .n = 1 };
	const char *why;

	if (prop_word(default_words[proto], proto, &list.p[0], &why) == 0)
		*out = list;
}

struct text {
	char *buf;
	size_t n, cap;
};

static void append(struct text *t, const char *s)
{
	size_t n = strlen(s);

	if (t->n + n + 1 > t->cap)
		return;
	memcpy(t->buf + t->n, s, n + 1);
	t->n += n;
}

static void append_tf(struct text *t, const struct tf *tf)
{
	char buf[64];

	if (!tf->alg)
		snprintf(buf, sizeof(buf), "(%u:%u)", tf->type, tf->id);
	else if (tf->key_bits)
		snprintf(buf, sizeof(buf), "%s_%u", tf->alg->name, tf->key_bits);
	else
		snprintf(buf, sizeof(buf), "%s", tf->alg->name);
	append(t, buf);
}

/* In the order a reader expects, whatever the order on the wire. */
static const uint8_t shown[] = { ALG_ENCR, ALG_INTEG, ALG_PRF, ALG_DH, ALG_ESN };

const char *prop_list_str(const struct prop_list *list)
{
	static char ring[RING][TEXT_MAX];
	static unsigned next;
	struct text t = { ring[next++ % RING], 0, TEXT_MAX };

	t.buf[0] = '\0';
	for (size_t i = 0; i < list->n; i++) {
		unsigned n = 0;

		append(&t, i ? ", " : "");
		for (size_t s = 0; s < sizeof(shown); s++)
			for (size_t k = 0; k < list->p[i].n_tf; k++) {
				if (list->p[i].tf[k].type != shown[s])
					continue;
				append(&t, n++ ? "/" : "");
				append_tf(&t, &list->p[i].tf[k]);
			}
	}
	return t.buf;
}

/* The line of a CHILD_SA names neither the group of its exchange nor plain sequence numbers. */
const char *suite_status_str(const struct suite *s)
{
	static char ring[RING][TEXT_MAX];
	static unsigned next;
	const struct alg *algs[] = { s->encr, s->integ, s->prf, s->prf ? s->dh : NULL,
		s->esn && s->esn->id ? s->esn : NULL };
	struct text t = { ring[next++ % RING], 0, TEXT_MAX };

	t.buf[0] = '\0';
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		if (!algs[i])
			continue;
		append(&t, t.n ? "/" : "");
		append(&t, alg_status_str(algs[i]));
	}
	return t.buf;
}
