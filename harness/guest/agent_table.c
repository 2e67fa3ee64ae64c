/*
 * What the agent may be asked: the truth about the protocol, for the driver too (agent --table).
 */
#include "agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ID 4

static int go(struct request *rq);
static int sync_up(struct request *rq);
static int load(struct request *rq);

/* clang-format off */
static const struct verb verbs[] = {
	{  1, "GO",     "", "", go },
	{  2, "NODE",   "name:s", "pid:n", node_new },
	{  3, "END",    "name:s", "", node_end },
	{  4, "SPAWN",  "node:s stdin:s output:s argv:l env:l flags:n", "pid:n", child_spawn },
	{  5, "RUN",    "node:s limit_ms:n input:o argv:l env:l",
	                "status:n stdout:o stderr:o", child_run },
	{  6, "KILL",   "pid:n signal:n", "", node_kill },
	{  7, "PIDS",   "node:s", "(pid:n comm:o cmdline:o)*", node_pids },
	{  8, "READ",   "node:s path:s", "octets:o", file_read },
	{  9, "GLOB",   "node:s pattern:s", "paths:l", file_glob },
	{ 10, "WRITE",  "node:s path:s octets:o mode:n", "", file_write },
	{ 11, "COPY",   "node:s files:l", "", file_copy },
	{ 12, "ASK",    "node:s family:n request:o", "answers:o", netlink_ask },
	{ 13, "PORT",   "node:s family:n", "port:n", netlink_port },
	{ 14, "TELL",   "node:s family:n port:n octets:o", "", netlink_tell },
	{ 15, "HEAR",   "node:s device:s file:s linktype:n", "", tap_hear },
	{ 16, "SETTLE", "", "", tap_settle },
	{ 17, "SOCKET", "node:s family:n type:n proto:n", "handle:n", socket_open },
	{ 18, "OPTION", "handle:n level:n name:n octets:o", "", socket_option },
	{ 19, "BIND",   "handle:n address:o", "", socket_bind },
	{ 20, "IOCTL",  "handle:n request:n octets:o offset:n pointed:o",
	                "octets:o pointed:o", socket_ioctl },
	{ 21, "SEND",   "handle:n octets:o address:o delay_us:n", "", socket_send },
	{ 22, "RECV",   "handle:n limit_ms:n", "octets:o address:o realtime:n", socket_receive },
	{ 23, "WATCH",  "handle:n", "", socket_watch },
	{ 24, "CLOSE",  "handle:n", "", socket_close },
	{ 25, "PASS",   "ms:n least:n", "woken:n", later_pass },
	{ 26, "SYNC",   "", "", sync_up },
	{ 27, "LISTEN", "node:s family:n group:n", "handle:n", netlink_listen },
	{ 28, "OFF",    "", "", power_off },
	{ 29, "LOAD",   "path:s", "that of the request: code, fields", load },
	{ 30, "NOTES",  "folder:s", "", notes_watch },
	{ 31, "KMSG",   "", "records:o", kernel_log },
};

static const struct verb events[] = {
	{ EVENT_HELLO, "HELLO", "protocol:n release:s", "", NULL },
	{ EVENT_EXIT,  "EXIT",  "pid:n status:n", "", NULL },
	{ EVENT_FRAME, "FRAME", "handle:n octets:o address:o realtime:n", "", NULL },
	{ EVENT_FAULT, "FAULT", "sentence:s", "", NULL },
};
/* clang-format on */

#define N(rows) (sizeof(rows) / sizeof((rows)[0]))

static void rows_print(const char *kind, const struct verb *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%s\t%d\t%s\t%s\t%s\n", kind, rows[i].code, rows[i].name, rows[i].fields,
			rows[i].answer);
}

void table_print(void)
{
	rows_print("request", verbs, N(verbs));
	rows_print("event", events, N(events));
}

/* The clock runs by itself once the line has been written to: nobody waits for an answer. */
static int go(struct request *rq)
{
	(void)rq;
	return ANSWERED;
}

static int sync_up(struct request *rq)
{
	(void)rq;
	return DONE;
}

/* A long request is put into a file, for the kernel takes what comes on the line one by one. */
static int load(struct request *rq)
{
	uint8_t *frame;
	ssize_t size = file_take(rq->field[0].text, ID, &frame);

	if (size < 0)
		return refuse(rq, (int)-size, "%s", rq->field[0].text);
	if (size == ID || frame[ID] == rq->verb->code) {
		free(frame);
		return refuse(rq, EBADMSG, "no request is in %s", rq->field[0].text);
	}
	for (int i = 0; i < ID; i++)
		frame[i] = (uint8_t)(rq->id >> (24 - 8 * i));
	table_do(frame, (size_t)size);
	free(frame);
	return ANSWERED;
}

static const struct verb *verb_of(uint8_t code)
{
	for (size_t i = 0; i < N(verbs); i++)
		if (verbs[i].code == code)
			return &verbs[i];
	return NULL;
}

static uint64_t big_endian(const uint8_t *at, size_t size)
{
	uint64_t value = 0;

	while (size--)
		value = value << 8 | *at++;
	return value;
}

/* Whether octets are what a field of this kind has to be, and their meaning. */
static const char *field_take(char kind, struct field *field)
{
	struct octets it = field->octets;

	switch (kind) {
	case 'n':
		if (it.size != 8)
			return "a number of 8 octets";
		field->number = big_endian(it.data, it.size);
		return NULL;
	case 's':
		if (memchr(it.data, 0, it.size))
			return "a string without NUL";
		return NULL;
	case 'l':
		if (it.size && it.data[it.size - 1])
			return "a list whose strings end with NUL";
		return NULL;
	case 'o':
		return NULL;
	}
	return "of a kind that the table has";
}

static bool octets_take(struct octets *rest, struct octets *out)
{
	uint64_t size;

	if (rest->size < 4)
		return false;
	size = big_endian(rest->data, 4);
	if (size > rest->size - 4)
		return false;
	*out = (struct octets){ rest->data + 4, (size_t)size };
	rest->data += 4 + size;
	rest->size -= 4 + (size_t)size;
	return true;
}

static int fields_take(struct request *rq, struct octets rest)
{
	const char *name = rq->verb->fields;
	size_t n = 0;

	for (; *name; name += strcspn(name, " "), name += *name == ' ', n++) {
		int length = (int)strcspn(name, ":");
		const char *wanted;

		if (!octets_take(&rest, &rq->field[n].octets))
			return refuse(rq, EBADMSG, "ends before the field %.*s", length, name);
		wanted = field_take(name[length + 1], &rq->field[n]);
		if (wanted)
			return refuse(
				rq, EBADMSG, "the field %.*s is not %s", length, name, wanted);
	}
	if (rest.size)
		return refuse(rq, EBADMSG, "%zu octets follow the last field", rest.size);
	/* Lengths have been read, so the octet behind a field is free. */
	for (size_t i = 0; i < n; i++) {
		rq->field[i].octets.data[rq->field[i].octets.size] = 0;
		rq->field[i].text = (const char *)rq->field[i].octets.data;
	}
	return 0;
}

static void answer(struct request *rq, int result)
{
	char sentence[SENTENCE_ROOM + 128];

	if (result == DONE)
		answer_empty(rq->id);
	if (result >= 0)
		return;
	snprintf(sentence, sizeof(sentence), "%s: %s%s%s", rq->verb ? rq->verb->name : "request",
		rq->why, *rq->why ? ": " : "", strerror(-result));
	answer_failed(rq->id, -result, sentence);
}

/* One request; the octet behind its frame is the next one's and is given back. */
void table_do(uint8_t *frame, size_t size)
{
	struct request rq = { .id = (uint32_t)big_endian(frame, 4), .verb = verb_of(frame[4]) };
	uint8_t next = frame[size];
	int result;

	if (!rq.verb)
		result = refuse(&rq, EPROTO, "there is no code %d", frame[4]);
	else
		result = fields_take(&rq, (struct octets){ frame + 5, size - 5 });
	if (!result)
		result = rq.verb->handle(&rq);
	answer(&rq, result);
	frame[size] = next;
}
