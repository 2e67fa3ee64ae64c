#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "ike/message/msg.h"

enum { TEXT_MAX = 2048 };

static const struct name exchanges[] = {
	{ XCHG_IKE_SA_INIT, "IKE_SA_INIT" },
	{ XCHG_IKE_AUTH, "IKE_AUTH" },
	{ XCHG_CREATE_CHILD_SA, "CREATE_CHILD_SA" },
	{ XCHG_INFORMATIONAL, "INFORMATIONAL" },
};

static const struct name payload_names[] = {
	{ PLD_SA, "SA" },
	{ PLD_KE, "KE" },
	{ PLD_IDI, "IDi" },
	{ PLD_IDR, "IDr" },
	{ PLD_CERT, "CERT" },
	{ PLD_CERTREQ, "CERTREQ" },
	{ PLD_AUTH, "AUTH" },
	{ PLD_NONCE, "No" },
	{ PLD_DELETE, "D" },
	{ PLD_VENDOR, "V" },
	{ PLD_TSI, "TSi" },
	{ PLD_TSR, "TSr" },
	{ PLD_CP, "CP" },
	{ PLD_EAP, "EAP" },
};

const char *xchg_str(uint8_t exchange)
{
	return names_str(NAMES(exchanges), exchange);
}

static void append(char *text, size_t *n, const char *word)
{
	int len = snprintf(text + *n, TEXT_MAX - *n, "%s ", word);

	if (len > 0 && (size_t)len < TEXT_MAX - *n)
		*n += (size_t)len;
	else
		text[*n] = '\0'; /* no half words */
}

const char *msg_str(const struct msg *m)
{
	static char text[TEXT_MAX];
	char word[64];
	size_t n, n_notify = 0;

	n = (size_t)snprintf(text, sizeof(text), "%s %s %u [ ", xchg_str(m->exchange),
		m->flags & F_RESPONSE ? "response" : "request", m->id);
	for (size_t i = 0; i < m->n_order && n < sizeof(text) - 8; i++) {
		if (m->order[i] != PLD_NOTIFY)
			snprintf(word, sizeof(word), "%s",
				names_str(NAMES(payload_names), m->order[i]));
		else if (n_notify < m->n_notify)
			snprintf(word, sizeof(word), "N(%s)",
				notify_str(m->notify[n_notify++].type));
		else
			snprintf(word, sizeof(word), "N");
		append(text, &n, word);
	}
	snprintf(text + n, sizeof(text) - n, "]");
	return text;
}
