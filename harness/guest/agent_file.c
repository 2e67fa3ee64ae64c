/*
 * Files as a node sees them: its own /run and /etc, its counters and switches in /proc and /sys.
 */
#include "agent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE (64u << 10)
#define MATCHES_MOST 4096
#define COPY_WORDS 3

struct names {
	char *name[MATCHES_MOST];
	size_t n;
};

static int enter(struct request *rq)
{
	struct node *node;
	int result = node_find(rq, rq->field[0].text, &node);

	return result < 0 ? result : node_enter(node);
}

/* A file that has an end; a pipe or a terminal could hold the agent up for ever. */
static int open_file(struct request *rq, const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat is;

	if (fd < 0)
		return refuse(rq, errno, "%s", path);
	if (fstat(fd, &is) == 0 && S_ISREG(is.st_mode))
		return fd;
	close(fd);
	return refuse(rq, S_ISDIR(is.st_mode) ? EISDIR : EINVAL, "%s is no file", path);
}

static int put_file(int fd)
{
	for (;;) {
		uint8_t *at = field_reach(PIECE);
		ssize_t n;

		if (!at)
			return -EMSGSIZE;
		n = read(fd, at, PIECE);
		if (n < 0)
			return -errno;
		if (!n)
			return 0;
		field_grew((size_t)n);
	}
}

int file_read(struct request *rq)
{
	const char *path = rq->field[1].text;
	int result = enter(rq), fd;

	if (result < 0)
		return result;
	fd = open_file(rq, path);
	if (fd < 0)
		return fd;
	answer_begin(rq->id);
	field_open();
	result = put_file(fd);
	close(fd);
	if (result < 0)
		return refuse(rq, -result, "%s", path);
	field_close();
	frame_send();
	return ANSWERED;
}

/*
 * All of a file behind `before` octets of room, and one more; the file is gone then. Gives the
 * length with that room.
 */
ssize_t file_take(const char *path, size_t before, uint8_t **out)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat is = { 0 };
	size_t size = before;
	uint8_t *data;
	ssize_t n = 1;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &is) < 0 || !S_ISREG(is.st_mode) || is.st_size > FRAME_LIMIT) {
		close(fd);
		return -EINVAL;
	}
	data = must(malloc(before + (size_t)is.st_size + 1));
	while (n > 0 && size < before + (size_t)is.st_size) {
		n = read(fd, data + size, before + (size_t)is.st_size - size);
		size += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	if (n < 0 || unlink(path) < 0) {
		free(data);
		return -EIO;
	}
	*out = data;
	return (ssize_t)size;
}

/* --- names --- */

static void name_add(struct names *found, const char *path)
{
	if (found->n < MATCHES_MOST)
		found->name[found->n++] = must(strdup(path));
}

/* The names below `path`, which is a buffer, that the rest of a pattern stands for. */
static void names_match(struct names *found, char *path, size_t length, const char *pattern)
{
	char part[NAME_MAX + 1];
	size_t size = strcspn(pattern, "/");
	const char *rest = pattern + size + strspn(pattern + size, "/");
	struct dirent *entry;
	DIR *folder;

	if (size >= sizeof(part) || !(folder = opendir(length ? path : "/")))
		return;
	memcpy(part, pattern, size);
	part[size] = 0;
	while ((entry = readdir(folder))) {
		size_t more = strlen(entry->d_name);

		if (fnmatch(part, entry->d_name, FNM_PERIOD) || length + more + 2 > PATH_MAX)
			continue;
		path[length] = '/';
		memcpy(path + length + 1, entry->d_name, more + 1);
		if (*rest)
			names_match(found, path, length + 1 + more, rest);
		else
			name_add(found, path);
	}
	path[length] = 0;
	closedir(folder);
}

static int by_name(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

int file_glob(struct request *rq)
{
	static struct names found;
	char path[PATH_MAX] = "";
	const char *pattern = rq->field[1].text;
	int result = enter(rq);

	if (result < 0)
		return result;
	if (*pattern != '/')
		return refuse(rq, EINVAL, "the pattern '%s' does not begin with /", pattern);
	found.n = 0;
	names_match(&found, path, 0, pattern + strspn(pattern, "/"));
	qsort(found.name, found.n, sizeof(found.name[0]), by_name);
	answer_begin(rq->id);
	field_open();
	for (size_t i = 0; i < found.n; i++) {
		if (!result)
			result = field_append(found.name[i], strlen(found.name[i]) + 1);
		free(found.name[i]);
	}
	if (result < 0)
		return result;
	if (found.n == MATCHES_MOST)
		return refuse(
			rq, E2BIG, "more than %d names are like %s", MATCHES_MOST - 1, pattern);
	field_close();
	frame_send();
	return ANSWERED;
}

/* --- writing --- */

/* Make the folders above a path. */
int file_parents(const char *path)
{
	char folder[PATH_MAX];

	for (size_t i = 1; path[i]; i++) {
		if (path[i] != '/')
			continue;
		if (i >= sizeof(folder))
			return -ENAMETOOLONG;
		memcpy(folder, path, i);
		folder[i] = 0;
		if (mkdir(folder, 0777) < 0 && errno != EEXIST && errno != EROFS)
			return -errno;
	}
	return 0;
}

static bool is_switch(const char *path)
{
	return !strncmp(path, "/proc/", 6) || !strncmp(path, "/sys/", 5);
}

static int create(struct request *rq, const char *path)
{
	int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int fd = open(path, is_switch(path) ? flags : flags | O_CREAT | O_TRUNC, 0666);

	if (fd < 0 && errno == ENOENT && !is_switch(path) && !file_parents(path))
		fd = open(path, flags | O_CREAT | O_TRUNC, 0666);
	return fd < 0 ? refuse(rq, errno, "%s", path) : fd;
}

static int write_all(int fd, const uint8_t *data, size_t size)
{
	do {
		ssize_t n = write(fd, data, size);

		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
	} while (size);
	return 0;
}

int file_write(struct request *rq)
{
	struct octets octets = rq->field[2].octets;
	mode_t mode = (mode_t)rq->field[3].number;
	const char *path = rq->field[1].text;
	int result = enter(rq), fd;

	if (result < 0)
		return result;
	fd = create(rq, path);
	if (fd < 0)
		return fd;
	result = write_all(fd, octets.data, octets.size);
	if (!result && mode && fchmod(fd, mode) < 0)
		result = -errno;
	close(fd);
	return result < 0 ? refuse(rq, -result, "%s", path) : DONE;
}

static int copy_octets(int from, int to)
{
	static uint8_t piece[PIECE];
	ssize_t n;
	int result = 0;

	while (!result && (n = read(from, piece, sizeof(piece))) != 0)
		result = n < 0 ? -errno : write_all(to, piece, (size_t)n);
	return result;
}

static int folder_make(struct request *rq, const char *path, mode_t mode)
{
	int result = file_parents(path);

	if (!result && mkdir(path, mode) < 0 && errno != EEXIST)
		result = -errno;
	return result < 0 ? refuse(rq, -result, "%s", path) : 0;
}

/* Without a source the target is a folder. */
static int copy(struct request *rq, const char *source, const char *target, const char *mode)
{
	mode_t wanted = (mode_t)strtoul(mode, NULL, 8);
	int from, to, result;

	if (!*source)
		return folder_make(rq, target, wanted);
	from = open_file(rq, source);
	if (from < 0)
		return from;
	to = create(rq, target);
	if (to < 0) {
		close(from);
		return to;
	}
	result = copy_octets(from, to);
	if (!result && wanted && fchmod(to, wanted) < 0)
		result = -errno;
	close(from);
	close(to);
	return result < 0 ? refuse(rq, -result, "%s to %s", source, target) : 0;
}

int file_copy(struct request *rq)
{
	char **words;
	int n, result = enter(rq);

	if (result < 0)
		return result;
	n = vector(rq->field[1].octets, &words);
	if (n % COPY_WORDS)
		result = refuse(rq, EBADMSG, "a file to be copied has source, target and mode");
	for (int i = 0; !result && i < n; i += COPY_WORDS)
		result = copy(rq, words[i], words[i + 1], words[i + 2]);
	free(words);
	return result;
}
