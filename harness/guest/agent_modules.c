/*
 * The kernel's modules, loaded by hand: modprobe needs as long for its start as for the modules.
 *
 * Names stand in harness/guest/modules (all of them wanted) and modules.either (each under the
 * name that this kernel has for it). What a kernel has built in need not be a module.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMPRESSED 4 /* MODULE_INIT_COMPRESSED_FILE */
#define NAMES_MOST 64
#define LOADED_MOST 256

/* The list of a kernel's modules, and which of them are in by now. */
static struct {
	const char *folder;
	char *list, *built_in;
	struct octets loaded[LOADED_MOST];
	size_t n;
} modules;

int module_load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), result;
	const char *end = strrchr(path, '.');

	if (fd < 0)
		return -errno;
	result =
		(int)syscall(SYS_finit_module, fd, "", end && !strcmp(end, ".ko") ? 0 : COMPRESSED);
	result = result < 0 && errno != EEXIST ? -errno : 0;
	close(fd);
	return result;
}

static char *text_of(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat is;
	char *text;
	ssize_t n;

	if (fd < 0 || fstat(fd, &is) < 0)
		is.st_size = 0;
	text = must(malloc((size_t)is.st_size + 1));
	n = read(fd, text, (size_t)is.st_size);
	text[n < 0 ? 0 : n] = 0;
	close(fd);
	return text;
}

/* Whether a name is that of a path's file; - and _ are one and the same in a module's name. */
static bool is_named(const char *path, size_t size, const char *name, size_t length)
{
	const char *file = memrchr(path, '/', size);

	file = file ? file + 1 : path;
	if (length >= (size_t)(path + size - file) || file[length] != '.')
		return false;
	for (size_t i = 0; i < length; i++)
		if ((file[i] == '-' ? '_' : file[i]) != (name[i] == '-' ? '_' : name[i]))
			return false;
	return true;
}

static int load_one(const char *path, size_t size)
{
	char whole[PATH_MAX];
	int result;

	for (size_t i = 0; i < modules.n; i++)
		if (modules.loaded[i].size == size && !memcmp(modules.loaded[i].data, path, size))
			return 0;
	snprintf(whole, sizeof(whole), "%s/%.*s", modules.folder, (int)size, path);
	result = module_load(whole);
	if (!result && modules.n < LOADED_MOST)
		modules.loaded[modules.n++] = (struct octets){ (uint8_t *)(uintptr_t)path, size };
	return result;
}

/* A line is PATH: PATH ..., what a module needs behind it, the last one first. */
static int load_line(const char *line, size_t size)
{
	size_t end = strcspn(line, "\n");

	while (end > size) {
		size_t at = end;

		while (line[at - 1] != ' ' && line[at - 1] != ':')
			at--;
		if (end > at && load_one(line + at, end - at) < 0)
			return -ENOEXEC;
		end = at - 1;
	}
	return load_one(line, size);
}

/* A name in a list of paths, one a line, and its line's path; NULL if it is not there. */
static const char *line_of(const char *list, const char *name, size_t length, size_t *size)
{
	for (; *list; list += strcspn(list, "\n"), list += *list == '\n') {
		*size = strcspn(list, ":\n");
		if (is_named(list, *size, name, length))
			return list;
	}
	return NULL;
}

/* What can be no module at all is in no list, but may be there: ipv6 since Linux 7. */
static bool is_there(const char *name, size_t length)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/module/%.*s", (int)length, name);
	return !access(path, F_OK);
}

/* -ENOENT if the kernel has no module of this name. */
static int load_name(const char *name, size_t length)
{
	size_t size;
	const char *line = line_of(modules.list, name, length, &size);

	if (line)
		return load_line(line, size);
	if (line_of(modules.built_in, name, length, &size) || is_there(name, length))
		return 0;
	return -ENOENT;
}

/* What did not go by hand may be known to modprobe by another name; what it says is kept. */
static void ask_modprobe(char **argv, const char *run)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *env[] = { path, NULL }, said[PATH_MAX], *text, sentence[SENTENCE_ROOM];
	struct launch it = { .argv = argv, .env = env };
	int status = -1;
	pid_t pid;

	snprintf(said, sizeof(said), "%s/modules.missing", run);
	it.in = it.out = it.err = open(said, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	pid = launch(&it);
	if (pid > 0)
		waitpid(pid, &status, 0);
	close(it.in);
	if (!status)
		return;
	text = text_of(said);
	snprintf(sentence, sizeof(sentence), "modules are missing: %s", text);
	off(sentence);
}

static void load_names(const char *names, bool wanted, const char *run)
{
	static char program[] = "modprobe", all[] = "-a";
	char *argv[NAMES_MOST] = { program, all };
	size_t n = 2;

	for (names += strspn(names, " "); *names; names += strspn(names, " ")) {
		size_t length = strcspn(names, " ");

		if (load_name(names, length) < 0 && wanted && n < NAMES_MOST - 1)
			argv[n++] = must(strndup(names, length));
		names += length;
	}
	if (n > 2)
		ask_modprobe(argv, run);
	while (n > 2)
		free(argv[--n]);
}

void modules_load(const char *all, const char *release, const char *run)
{
	char folder[PATH_MAX], list[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s/%s", all, release);
	snprintf(list, sizeof(list), "%.*s/modules.dep", PATH_MAX - 16, folder);
	modules.folder = folder;
	modules.list = text_of(list);
	snprintf(list, sizeof(list), "%.*s/modules.builtin", PATH_MAX - 20, folder);
	modules.built_in = text_of(list);
	load_names(MODULES_WANTED, true, run);
	load_names(MODULES_EITHER, false, run);
	free(modules.list);
	free(modules.built_in);
	modules.n = 0;
	/* All modules are in: a missing one is an error now, not a search of 100 ms for each name.
	 */
	if (!kernel_starts_no(MODPROBE))
		off("the kernel's search for modules does not end");
}

bool kernel_starts_no(const char *helper)
{
	int fd = open(helper, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, "\n", 1) == 1;

	if (fd >= 0)
		close(fd);
	return done;
}

bool kernel_has(const char *file_system)
{
	char line[80];
	FILE *list = fopen("/proc/filesystems", "re");
	bool found = false;

	while (list && !found && fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = 0;
		found = strchr(line, '\t') && !strcmp(strchr(line, '\t') + 1, file_system);
	}
	if (list)
		fclose(list);
	return found;
}
