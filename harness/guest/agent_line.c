/*
 * The line: octets in and out, cut into frames.
 *
 * Nothing that comes in can make the buffers grow beyond one frame, and nothing is read while the
 * driver leaves more than BACKLOG unread. A frame that is too long is refused and passed over.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define BACKLOG (1u << 20)
#define SMALL (64u << 10)
#define LENGTH 4
#define REQUEST_HEAD 5 /* id and code */
#define CLOCKS 16
#define FAILED 1

static struct {
	int fd;
	bool ended;
	uint8_t *in, *out;
	size_t in_room, in_size, in_at;
	uint64_t skip;
	size_t out_room, out_size, out_sent;
	size_t frame, field;
	uint32_t id;
	bool open, unwanted;
} line;

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void set32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void set64(uint8_t *at, uint64_t value)
{
	set32(at, (uint32_t)(value >> 32));
	set32(at + 4, (uint32_t)value);
}

void line_open(int fd)
{
	struct termios settings;

	if (tcgetattr(fd, &settings) == 0) {
		cfmakeraw(&settings);
		tcsetattr(fd, TCSANOW, &settings);
	}
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	line.fd = fd;
	line.in_room = line.out_room = SMALL;
	line.in = must(malloc(line.in_room));
	line.out = must(malloc(line.out_room));
}

bool line_ended(void)
{
	return line.ended;
}

/* Whether the driver has read enough for more to be told. */
bool line_roomy(void)
{
	return line.out_size - line.out_sent < BACKLOG;
}

/* --- what goes out --- */

static uint8_t *reach(size_t size)
{
	while (line.out_room - line.out_size < size)
		line.out = must(realloc(line.out, line.out_room *= 2));
	return line.out + line.out_size;
}

static void frame_begin(uint32_t id, uint8_t code)
{
	uint8_t *at = reach(LENGTH + REQUEST_HEAD + CLOCKS);

	line.frame = line.out_size;
	line.open = true;
	line.id = id;
	set32(at + LENGTH, id);
	at[LENGTH + 4] = code;
	set64(at + LENGTH + REQUEST_HEAD, realtime());
	set64(at + LENGTH + REQUEST_HEAD + 8, now());
	line.out_size += LENGTH + REQUEST_HEAD + CLOCKS;
}

/* Who gives the id 0 wants no answer. */
void answer_begin(uint32_t id)
{
	frame_begin(id, DONE);
	line.unwanted = !id;
}

void event_begin(enum event code)
{
	frame_begin(0, (uint8_t)code);
	line.unwanted = false;
}

void frame_drop(void)
{
	if (line.open)
		line.out_size = line.frame;
	line.open = false;
}

void frame_send(void)
{
	size_t size = line.out_size - line.frame - LENGTH;
	uint32_t id = line.id;

	if (line.unwanted || size > FRAME_LIMIT) {
		frame_drop();
		if (size > FRAME_LIMIT)
			answer_failed(id, EMSGSIZE, "the answer is longer than a frame may be");
		return;
	}
	set32(line.out + line.frame, (uint32_t)size);
	line.open = false;
}

void field_open(void)
{
	reach(LENGTH);
	line.field = line.out_size;
	line.out_size += LENGTH;
}

void field_close(void)
{
	set32(line.out + line.field, (uint32_t)(line.out_size - line.field - LENGTH));
}

uint8_t *field_reach(size_t size)
{
	if (size > FRAME_LIMIT || line.out_size - line.frame > FRAME_LIMIT)
		return NULL;
	return reach(size);
}

void field_grew(size_t size)
{
	line.out_size += size;
}

int field_append(const void *data, size_t size)
{
	uint8_t *at = field_reach(size);

	if (!at)
		return -EMSGSIZE;
	if (size)
		memcpy(at, data, size);
	field_grew(size);
	return 0;
}

/* What is in memory already goes into the frame; frame_send() looks at its length. */
void put_octets(const void *data, size_t size)
{
	field_open();
	if (size)
		memcpy(reach(size), data, size);
	field_grew(size);
	field_close();
}

void put_text(const char *text)
{
	put_octets(text, strlen(text));
}

void put_number(uint64_t number)
{
	uint8_t octets[8];

	set64(octets, number);
	put_octets(octets, sizeof(octets));
}

void answer_empty(uint32_t id)
{
	answer_begin(id);
	frame_send();
}

/* Nobody waits for the answer of a request without id, so its error becomes an event. */
void answer_failed(uint32_t id, int error, const char *sentence)
{
	frame_drop();
	if (!id) {
		fault("%s", sentence);
		return;
	}
	frame_begin(id, FAILED);
	line.unwanted = false;
	put_number((uint64_t)error);
	put_text(sentence);
	frame_send();
}

void fault(const char *format, ...)
{
	char sentence[SENTENCE_ROOM];
	va_list words;

	va_start(words, format);
	vsnprintf(sentence, sizeof(sentence), format, words);
	va_end(words);
	event_begin(EVENT_FAULT);
	put_text(sentence);
	frame_send();
}

int refuse(struct request *rq, int error, const char *format, ...)
{
	va_list words;

	va_start(words, format);
	vsnprintf(rq->why, sizeof(rq->why), format, words);
	va_end(words);
	return -error;
}

void line_flush(void)
{
	while (line.out_sent < line.out_size) {
		ssize_t n = write(line.fd, line.out + line.out_sent, line.out_size - line.out_sent);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			line.ended = true;
		if (n <= 0)
			return;
		line.out_sent += (size_t)n;
	}
	line.out_size = line.out_sent = 0;
	if (line.out_room > BACKLOG) {
		line.out_room = SMALL;
		line.out = must(realloc(line.out, line.out_room));
	}
}

/* --- what comes in --- */

static void in_compact(void)
{
	memmove(line.in, line.in + line.in_at, line.in_size - line.in_at);
	line.in_size -= line.in_at;
	line.in_at = 0;
}

/* Room for the frame that has begun, and for the NUL that its last string is given. */
static void in_fit(size_t size)
{
	if (size < line.in_room)
		return;
	line.in_room = size + 1;
	line.in = must(realloc(line.in, line.in_room));
}

static void pass_over(uint64_t size)
{
	size_t have = line.in_size - line.in_at;
	size_t now_gone = size < have ? (size_t)size : have;

	line.in_at += now_gone;
	line.skip = size - now_gone;
}

/* A frame that cannot be a request; false if too little of it is there to say so. */
static bool frame_refused(const uint8_t *at, size_t have, uint32_t size)
{
	if (size < REQUEST_HEAD) {
		fault("a frame of %u octets has no id and code", size);
	} else if (have < LENGTH + REQUEST_HEAD) {
		return false;
	} else {
		char sentence[SENTENCE_ROOM];

		snprintf(sentence, sizeof(sentence), "a frame of %u octets is longer than %u", size,
			FRAME_LIMIT);
		answer_failed(get32(at + LENGTH), EMSGSIZE, sentence);
	}
	pass_over(LENGTH + (uint64_t)size);
	return true;
}

/* Do one request; false if none is there as a whole. */
static bool frame_next(void)
{
	uint8_t *at = line.in + line.in_at;
	size_t have = line.in_size - line.in_at;
	uint32_t size;

	if (line.skip) {
		pass_over(line.skip);
		return !line.skip;
	}
	if (have < LENGTH)
		return false;
	size = get32(at);
	if (size < REQUEST_HEAD || size > FRAME_LIMIT)
		return frame_refused(at, have, size);
	if (have < LENGTH + size) {
		in_fit(LENGTH + size);
		return false;
	}
	line.in_at += LENGTH + size;
	table_do(at + LENGTH, size);
	return true;
}

void line_work(void)
{
	while (line_roomy() && frame_next())
		;
	if (line.in_at)
		in_compact();
	if (!line.in_size && line.in_room > BACKLOG) {
		line.in_room = SMALL;
		line.in = must(realloc(line.in, line.in_room));
	}
}

static void line_ready(void *it, short events)
{
	ssize_t n;

	(void)it;
	if (events & POLLOUT)
		line_flush();
	if (!(events & (POLLIN | POLLHUP | POLLERR)))
		return;
	n = read(line.fd, line.in + line.in_size, line.in_room - line.in_size - 1);
	if (n > 0)
		line.in_size += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		line.ended = true;
}

void line_wait(void)
{
	bool reads = line_roomy() && line.in_size + 1 < line.in_room;

	loop_wait(line.fd,
		(short)((reads ? POLLIN : 0) | (line.out_size > line.out_sent ? POLLOUT : 0)),
		line_ready, NULL);
}
