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
	/* Until `least` it is quiet: what happens, such as what it has caused, does not wake it. */
	struct pass {
		uint64_t least, due;
		uint32_t id;
		bool wakes, quiet;
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
	uint64_t ms = rq->field[0].number, least = rq->field[1].number;

	if (later.n_passes == PASSES_MOST)
		return refuse(rq, EAGAIN, "%d are passing time already", PASSES_MOST);
	later.pass[later.n_passes++] = (struct pass){
		.least = after(least < ms ? least : ms, SECOND / 1000),
		.due = after(ms, SECOND / 1000),
		.id = rq->id,
		.wakes = least,
		.quiet = least,
	};
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
		const struct pass *pass = &later.pass[i];
		uint64_t due = pass->quiet ? pass->least : pass->due;

		if (pass->wakes && !pass->quiet && later.stirred)
			return 0;
		if (due < least)
			least = due;
	}
	return least;
}

/* Whether somebody wants to be woken, but nobody as yet: packets can wait, who have their times. */
bool later_quiet(void)
{
	bool quiet = false;

	for (size_t i = 0; i < later.n_passes; i++) {
		if (later.pass[i].wakes && !later.pass[i].quiet)
			return false;
		quiet |= later.pass[i].quiet;
	}
	return quiet;
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
		struct pass pass = later.pass[i];
		bool woken;

		if (pass.quiet && pass.least <= time) {
			pass.quiet = false;
			taps_drain(NULL);
			stirred = later.stirred = false;
		}
		woken = pass.wakes && !pass.quiet && stirred;
		if (woken || pass.due <= time)
			pass_answer(pass.id, woken);
		else
			later.pass[kept++] = pass;
	}
	later.n_passes = kept;
}
