/*
 * What is done at its time: requests that let time pass, and frames that leave later.
 */
#include "agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PASSES_MOST 64
#define PARCELS_MOST 4096
#define PARCELS_ROOM (16u << 20)

struct parcel {
	uint64_t due, handle;
	int fd;
	size_t size, to_size;
	struct parcel *next;
	uint8_t octets[]; /* the frame, then where it goes */
};

static struct {
	struct {
		uint64_t due;
		uint32_t id;
		bool wakes;
	} pass[PASSES_MOST];
	size_t n_passes, n_parcels, room;
	struct parcel *first;
	bool stirred;
} later;

/* Something has happened that a PASS may be woken by. */
void stir(void)
{
	later.stirred = true;
}

static void pass_answer(uint32_t id, bool woken)
{
	later.stirred = false;
	answer_begin(id);
	put_number(woken);
	frame_send();
}

int later_pass(struct request *rq)
{
	bool wakes = rq->field[1].number;

	if (wakes && later.stirred) {
		pass_answer(rq->id, true);
		return ANSWERED;
	}
	if (later.n_passes == PASSES_MOST)
		return refuse(rq, EAGAIN, "%d are passing time already", PASSES_MOST);
	later.pass[later.n_passes].due = after(rq->field[0].number, SECOND / 1000);
	later.pass[later.n_passes].id = rq->id;
	later.pass[later.n_passes++].wakes = wakes;
	return ANSWERED;
}

/* Keep a SEND (handle, octets, address) until it is due; of two at one time the first goes first.
 */
int later_send(struct request *rq, uint64_t handle, int fd, uint64_t due)
{
	struct octets octets = rq->field[1].octets, to = rq->field[2].octets;
	struct parcel *parcel, **at = &later.first;

	if (later.n_parcels == PARCELS_MOST || later.room + octets.size + to.size > PARCELS_ROOM)
		return refuse(rq, ENOBUFS, "%zu frames wait already", later.n_parcels);
	parcel = must(malloc(sizeof(*parcel) + octets.size + to.size));
	*parcel = (struct parcel){ due, handle, fd, octets.size, to.size, NULL };
	memcpy(parcel->octets, octets.data, octets.size);
	memcpy(parcel->octets + octets.size, to.data, to.size);
	while (*at && (*at)->due <= due)
		at = &(*at)->next;
	parcel->next = *at;
	*at = parcel;
	later.n_parcels++;
	later.room += octets.size + to.size;
	return DONE;
}

static void parcel_remove(struct parcel **at)
{
	struct parcel *parcel = *at;

	*at = parcel->next;
	later.n_parcels--;
	later.room -= parcel->size + parcel->to_size;
	free(parcel);
}

void later_forget(uint64_t handle)
{
	struct parcel **at = &later.first;

	while (*at)
		if ((*at)->handle == handle)
			parcel_remove(at);
		else
			at = &(*at)->next;
}

uint64_t later_next(void)
{
	uint64_t least = later.first ? later.first->due : NEVER;

	for (size_t i = 0; i < later.n_passes; i++) {
		if (later.pass[i].wakes && later.stirred)
			return 0;
		if (later.pass[i].due < least)
			least = later.pass[i].due;
	}
	return least;
}

static void parcel_send(const struct parcel *parcel)
{
	struct sockaddr_storage to;

	memcpy(&to, parcel->octets + parcel->size, parcel->to_size);
	if (sendto(parcel->fd, parcel->octets, parcel->size, MSG_DONTWAIT,
		    parcel->to_size ? (struct sockaddr *)&to : NULL,
		    (socklen_t)parcel->to_size) < 0)
		fault("a frame of %zu octets that was to leave later: %s", parcel->size,
			strerror(errno));
}

void later_due(uint64_t time)
{
	size_t kept = 0;
	bool stirred = later.stirred;

	while (later.first && later.first->due <= time) {
		parcel_send(later.first);
		parcel_remove(&later.first);
	}
	for (size_t i = 0; i < later.n_passes; i++) {
		bool woken = later.pass[i].wakes && stirred;

		if (woken || later.pass[i].due <= time)
			pass_answer(later.pass[i].id, woken);
		else
			later.pass[kept++] = later.pass[i];
	}
	later.n_passes = kept;
}
