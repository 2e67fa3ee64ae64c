#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "unit/unit.h"

static char dir[] = "/tmp/perigee-file-XXXXXX";
static char path[64];

static void fresh(void)
{
	if (strstr(dir, "XXXXXX"))
		assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/x", dir);
	unlink(path);
}

static void a_file_is_read_whole_with_a_nul_behind_it(void **state)
{
	own_blob text = { 0 };
	FILE *f;

	(void)state;
	fresh();
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("eight oc", f);
	fclose(f);
	assert_int_equal(file_read(path, 8, &text), 0);
	assert_int_equal(text.n, 8);
	assert_string_equal((char *)text.p, "eight oc");
	assert_int_equal(file_read(path, 7, &text), -EFBIG);
	unlink(path);
	assert_int_equal(file_read(path, 8, &text), -ENOENT);
}

/* Opened without waiting for anybody, and refused. */
static void what_is_no_regular_file_is_refused_at_once(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	own_blob text = { 0 };
	int fd;

	(void)state;
	fresh();
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(file_read(path, 100, &text), -ESPIPE);
	unlink(path);
	assert_int_equal(file_read("/dev/zero", 100, &text), -ESPIPE);
	assert_int_equal(file_read(dir, 100, &text), -EISDIR);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(file_read(path, 100, &text), -ENXIO);
	assert_string_equal(file_str(-ENXIO), "it is no regular file");
	assert_string_equal(file_str(-ESPIPE), file_str(-ENXIO));
	assert_string_equal(file_str(-EACCES), "Permission denied");
	close(fd);
	unlink(path);
	rmdir(dir);
}

/* Every other open names what it is for: a new one is found here. */
static void files_are_opened_to_be_read_here_only(void **state)
{
	FILE *f = popen("cd " TOP "/src && grep -rlE '\\bfopen\\(|\\bopen\\([^;]*O_RDONLY|"
			"BIO_new_file|_fp\\(' . | sort",
		"r");
	char line[128];
	unsigned n = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (strcmp(line, "./base/file.c\n") != 0 && strcmp(line, "./base/run.c\n") != 0)
			print_message("%s", line); /* run.c: the pid file, never waiting */
		n++;
	}
	pclose(f);
	assert_int_equal(n, 2);
}

UNIT_MAIN(T(a_file_is_read_whole_with_a_nul_behind_it, "F-034"),
	T(what_is_no_regular_file_is_refused_at_once, "F-034"),
	T(files_are_opened_to_be_read_here_only, "F-034"))
