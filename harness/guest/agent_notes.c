/*
 * What is heard without being asked for: when a daemon's log grew, and what the kernel said.
 */
#include "agent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOGS_MOST 64
#define NOTES "logs.jsonl"
#define RECORD_ROOM 8192

/* The folder whose logs are looked at: how long each was when it was noted last. */
static struct {
	int notify, folder, notes;
	size_t n;
	struct {
		char name[NAME_MAX + 1];
		off_t size;
	} log[LOGS_MOST];
} watch = { .notify = -1, .folder = -1, .notes = -1 };

static bool is_log(const char *name)
{
	size_t size = strlen(name);

	return size > 4 && size <= NAME_MAX && !strcmp(name + size - 4, ".log") &&
		!strpbrk(name, "\"\\");
}

/* Its place in the list; a folder with more logs than that has the rest without notes. */
static off_t *size_of(const char *name)
{
	size_t i = 0;

	while (i < watch.n && strcmp(watch.log[i].name, name))
		i++;
	if (i == LOGS_MOST)
		return NULL;
	if (i == watch.n) {
		strcpy(watch.log[i].name, name);
		watch.log[watch.n++].size = 0;
	}
	return &watch.log[i].size;
}

static void note(const char *name, uint64_t time)
{
	off_t *known = is_log(name) ? size_of(name) : NULL;
	struct stat now_is;

	if (!known || fstatat(watch.folder, name, &now_is, 0) < 0 || now_is.st_size <= *known)
		return;
	*known = now_is.st_size;
	dprintf(watch.notes, "[%llu.%09llu, \"%s\", %lld]\n", (unsigned long long)(time / SECOND),
		(unsigned long long)(time % SECOND), name, (long long)now_is.st_size);
}

static void on_growth(void *it, short events)
{
	char room[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	uint64_t time = realtime();
	ssize_t size;

	(void)it;
	(void)events;
	while ((size = read(watch.notify, room, sizeof(room))) > 0) {
		for (char *at = room; at < room + size;) {
			const struct inotify_event *event =
				(const struct inotify_event *)(void *)at;

			if (event->len)
				note(event->name, time);
			at += sizeof(*event) + event->len;
		}
	}
}

void notes_wait(void)
{
	if (watch.notify >= 0)
		loop_wait(watch.notify, POLLIN, on_growth, NULL);
}

static void notes_end(void)
{
	int *all[] = { &watch.notify, &watch.folder, &watch.notes };

	if (watch.notify >= 0)
		on_growth(NULL, 0);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (*all[i] >= 0)
			close(*all[i]);
		*all[i] = -1;
	}
	watch.n = 0;
}

int notes_watch(struct request *rq)
{
	const char *path = rq->field[0].text;

	notes_end();
	if (!*path)
		return DONE;
	watch.folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	watch.notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch.folder >= 0)
		watch.notes = openat(
			watch.folder, NOTES, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (watch.notes < 0 || watch.notify < 0 ||
		inotify_add_watch(watch.notify, path, IN_MODIFY) < 0) {
		int error = errno;

		notes_end();
		return refuse(rq, error, "%s cannot be watched: %s", path, strerror(error));
	}
	return DONE;
}

/* The records since the last question; a log that was overwritten meanwhile goes on behind that. */
int kernel_log(struct request *rq)
{
	static int log = -1;
	char record[RECORD_ROOM];
	ssize_t size;

	if (log < 0)
		log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log < 0)
		return refuse(rq, errno, "the kernel's log cannot be read: %s", strerror(errno));
	answer_begin(rq->id);
	field_open();
	do {
		size = read(log, record, sizeof(record) - 1);
		if (size > 0) {
			record[size++] = 0;
			field_append(record, (size_t)size);
		}
	} while (size > 0 || (size < 0 && errno == EPIPE));
	field_close();
	frame_send();
	return ANSWERED;
}
