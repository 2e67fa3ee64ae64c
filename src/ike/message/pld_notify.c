#include <errno.h>

#include "base/names.h"
#include "ike/message/pld.h"

static const struct name short_names[] = {
	{ N_UNSUPPORTED_CRITICAL_PAYLOAD, "CRIT" },
	{ N_INVALID_IKE_SPI, "INVAL_IKE_SPI" },
	{ N_INVALID_MAJOR_VERSION, "INVAL_MAJOR" },
	{ N_INVALID_SYNTAX, "INVAL_SYN" },
	{ N_INVALID_MESSAGE_ID, "INVAL_MID" },
	{ N_INVALID_SPI, "INVAL_SPI" },
	{ N_NO_PROPOSAL_CHOSEN, "NO_PROP" },
	{ N_INVALID_KE, "INVAL_KE" },
	{ N_AUTHENTICATION_FAILED, "AUTH_FAILED" },
	{ N_SINGLE_PAIR_REQUIRED, "SINGLE_PAIR" },
	{ N_NO_ADDITIONAL_SAS, "NO_ADD_SAS" },
	{ N_INTERNAL_ADDRESS_FAILURE, "INT_ADDR_FAIL" },
	{ N_FAILED_CP_REQUIRED, "FAIL_CP_REQ" },
	{ N_TS_UNACCEPTABLE, "TS_UNACCEPT" },
	{ N_INVALID_SELECTORS, "INVAL_SEL" },
	{ N_TEMPORARY_FAILURE, "TEMP_FAIL" },
	{ N_CHILD_SA_NOT_FOUND, "NO_CHILD_SA" },
	{ N_INITIAL_CONTACT, "INIT_CONTACT" },
	{ N_SET_WINDOW_SIZE, "WINSIZE" },
	{ N_ADDITIONAL_TS_POSSIBLE, "ADD_TS_POSS" },
	{ N_NATD_SOURCE, "NATD_S_IP" },
	{ N_NATD_DESTINATION, "NATD_D_IP" },
	{ N_COOKIE, "COOKIE" },
	{ N_USE_TRANSPORT_MODE, "USE_TRANSP" },
	{ N_REKEY_SA, "REKEY_SA" },
	{ N_TFC_NOT_SUPPORTED, "ESP_TFC_PAD_N" },
	{ N_NON_FIRST_FRAGMENTS, "NON_FIRST_FRAG" },
	{ N_MOBIKE_SUPPORTED, "MOBIKE_SUP" },
	{ N_UPDATE_SA_ADDRESSES, "UPD_SA_ADDR" },
	{ N_FRAGMENTATION_SUPPORTED, "FRAG_SUP" },
	{ N_SIGNATURE_HASH_ALGORITHMS, "HASH_ALG" },
	/* Names only; nothing here acts on them. */
	{ 16397, "ADD_4_ADDR" },
	{ 16398, "ADD_6_ADDR" },
	{ 16399, "NO_ADD_ADDR" },
	{ 16404, "MULT_AUTH" },
	{ 16406, "REDIR_SUP" },
	{ 16417, "EAP_ONLY" },
	{ 16418, "CHDLESS_SUP" },
	{ 16420, "MSG_ID_SYN_SUP" },
};

static const struct name long_names[] = {
	{ N_UNSUPPORTED_CRITICAL_PAYLOAD, "UNSUPPORTED_CRITICAL_PAYLOAD" },
	{ N_INVALID_IKE_SPI, "INVALID_IKE_SPI" },
	{ N_INVALID_MAJOR_VERSION, "INVALID_MAJOR_VERSION" },
	{ N_INVALID_SYNTAX, "INVALID_SYNTAX" },
	{ N_INVALID_MESSAGE_ID, "INVALID_MESSAGE_ID" },
	{ N_INVALID_SPI, "INVALID_SPI" },
	{ N_NO_PROPOSAL_CHOSEN, "NO_PROPOSAL_CHOSEN" },
	{ N_INVALID_KE, "INVALID_KE_PAYLOAD" },
	{ N_AUTHENTICATION_FAILED, "AUTHENTICATION_FAILED" },
	{ N_SINGLE_PAIR_REQUIRED, "SINGLE_PAIR_REQUIRED" },
	{ N_NO_ADDITIONAL_SAS, "NO_ADDITIONAL_SAS" },
	{ N_INTERNAL_ADDRESS_FAILURE, "INTERNAL_ADDRESS_FAILURE" },
	{ N_FAILED_CP_REQUIRED, "FAILED_CP_REQUIRED" },
	{ N_TS_UNACCEPTABLE, "TS_UNACCEPTABLE" },
	{ N_INVALID_SELECTORS, "INVALID_SELECTORS" },
	{ N_TEMPORARY_FAILURE, "TEMPORARY_FAILURE" },
	{ N_CHILD_SA_NOT_FOUND, "CHILD_SA_NOT_FOUND" },
	{ N_INITIAL_CONTACT, "INITIAL_CONTACT" },
	{ N_SET_WINDOW_SIZE, "SET_WINDOW_SIZE" },
	{ N_ADDITIONAL_TS_POSSIBLE, "ADDITIONAL_TS_POSSIBLE" },
	{ N_NATD_SOURCE, "NAT_DETECTION_SOURCE_IP" },
	{ N_NATD_DESTINATION, "NAT_DETECTION_DESTINATION_IP" },
	{ N_COOKIE, "COOKIE" },
	{ N_USE_TRANSPORT_MODE, "USE_TRANSPORT_MODE" },
	{ N_REKEY_SA, "REKEY_SA" },
	{ N_TFC_NOT_SUPPORTED, "ESP_TFC_PADDING_NOT_SUPPORTED" },
	{ N_NON_FIRST_FRAGMENTS, "NON_FIRST_FRAGMENTS_ALSO" },
	{ N_MOBIKE_SUPPORTED, "MOBIKE_SUPPORTED" },
	{ N_UPDATE_SA_ADDRESSES, "UPDATE_SA_ADDRESSES" },
	{ N_FRAGMENTATION_SUPPORTED, "IKEV2_FRAGMENTATION_SUPPORTED" },
	{ N_SIGNATURE_HASH_ALGORITHMS, "SIGNATURE_HASH_ALGORITHMS" },
};

const char *notify_str(uint16_t type)
{
	return names_str(NAMES(short_names), type);
}

const char *notify_long_str(uint16_t type)
{
	return names_str(NAMES(long_names), type);
}

/* RFC 7296 section 3.10: proto(8) spi_len(8) type(16) spi(spi_len) data(...) */
int pld_notify_read(struct rd in, uint8_t type, struct msg *m)
{
	struct notify n = { 0 };
	size_t spi_len;

	(void)type;
	n.proto = rd_u8(&in);
	spi_len = rd_u8(&in);
	n.type = rd_u16(&in);
	n.spi = rd_bytes(&in, spi_len);
	n.data = rd_rest(&in);
	if (rd_done(&in) < 0)
		return -EPROTO;
	if (!spi_len)
		n.proto = 0; /* "MUST be ignored on receipt" */
	if (m->n_notify < MSG_MAX_NOTIFY) /* more than that nobody needs: not kept */
		m->notify[m->n_notify++] = n;
	return 0;
}

void put_notify(
	struct msg_out *o, uint8_t proto, struct bytes spi, uint16_t type, struct bytes data)
{
	size_t mark = pld_open(o, PLD_NOTIFY);

	wr_u8(&o->w, proto);
	wr_u8(&o->w, (uint8_t)spi.n);
	wr_u16(&o->w, type);
	wr_bytes(&o->w, spi);
	wr_bytes(&o->w, data);
	pld_close(o, mark);
}

const struct notify *msg_notify(const struct msg *m, uint16_t type)
{
	for (size_t i = 0; i < m->n_notify; i++)
		if (m->notify[i].type == type && !m->notify[i].stray)
			return &m->notify[i];
	return NULL;
}

/* RFC 7296 section 3.10.1: types below 16384 report errors. */
const struct notify *msg_error(const struct msg *m)
{
	for (size_t i = 0; i < m->n_notify; i++)
		if (m->notify[i].type < N_INITIAL_CONTACT)
			return &m->notify[i];
	return NULL;
}
