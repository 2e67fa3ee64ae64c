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
	char path[PATH_MAX];
	size_t n;
	struct {
		char name[NAME_MAX + 1];
		off_t size;
		int wd;
	} log[LOGS_MOST];
} watch = { .notify = -1, .folder = -1, .notes = -1 };

static bool is_log(const char *name)
{
	size_t size = strlen(name);

	return size > 4 && size <= NAME_MAX && !strcmp(name + size - 4, ".log") &&
		!strpbrk(name, "\"\\");
}

static void note(size_t i, uint64_t time)
{
	const char *name = watch.log[i].name;
	struct stat now_is;

	if (fstatat(watch.folder, name, &now_is, 0) < 0 || now_is.st_size <= watch.log[i].size)
		return;
	watch.log[i].size = now_is.st_size;
	dprintf(watch.notes, "[%llu.%09llu, \"%s\", %lld]\n", (unsigned long long)(time / SECOND),
		(unsigned long long)(time % SECOND), name, (long long)now_is.st_size);
}

/* A folder with more logs than there is room for has the rest without notes. */
static void log_there(const char *name, uint64_t time)
{
	char path[PATH_MAX + NAME_MAX + 2];
	size_t i = 0;

	while (i < watch.n && strcmp(watch.log[i].name, name))
		i++;
	if (i == LOGS_MOST || !is_log(name))
		return;
	if (i == watch.n) {
		strcpy(watch.log[i].name, name);
		watch.log[watch.n++].size = 0;
	}
	snprintf(path, sizeof(path), "%s/%s", watch.path, name);
	watch.log[i].wd = inotify_add_watch(watch.notify, path, IN_MODIFY);
	note(i, time);
}

/* Of the folder comes which files are new, with their names; of a log that it grew. */
static bool hear_growth(void)
{
	char room[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	uint64_t time = realtime();
	ssize_t size = read(watch.notify, room, sizeof(room));

	for (char *at = room; at < room + size;) {
		const struct inotify_event *event = (const struct inotify_event *)(void *)at;

		if (event->len)
			log_there(event->name, time);
		for (size_t i = 0; !event->len && i < watch.n; i++)
			if (watch.log[i].wd == event->wd)
				note(i, time);
		at += sizeof(*event) + event->len;
	}
	return size > 0;
}

static void on_growth(void *it, short events)
{
	(void)it;
	(void)events;
	hear_growth();
}

void notes_wait(void)
{
	if (watch.notify >= 0)
		loop_wait(watch.notify, POLLIN, on_growth, NULL);
}

static void notes_end(void)
{
	int *all[] = { &watch.notify, &watch.folder, &watch.notes };

	while (watch.notify >= 0 && hear_growth())
		;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (*all[i] >= 0)
			close(*all[i]);
		*all[i] = -1;
	}
	watch.n = 0;
}

/* Those that were there before the folder was watched. */
static void logs_begin(void)
{
	DIR *all = opendir(watch.path);
	struct dirent *one;

	while (all && (one = readdir(all)))
		log_there(one->d_name, realtime());
	if (all)
		closedir(all);
}

int notes_watch(struct request *rq)
{
	const char *path = rq->field[0].text;

	notes_end();
	if (!*path)
		return DONE;
	snprintf(watch.path, sizeof(watch.path), "%s", path);
	watch.folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	watch.notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch.folder >= 0)
		watch.notes = openat(
			watch.folder, NOTES, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (watch.notes < 0 || watch.notify < 0 ||
		inotify_add_watch(watch.notify, path, IN_CREATE) < 0) {
		int error = errno;

		notes_end();
		return refuse(rq, error, "%s cannot be watched: %s", path, strerror(error));
	}
	logs_begin();
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
