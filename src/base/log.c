#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

enum { LINE_MAX_TEXT = 4096, SAFE_MAX = 200 };

/* Groups of later strongSwan versions are accepted in charondebug and have no lines here. */
enum { NO_GROUP = LOG_G_COUNT };

static const struct {
	const char *name, *tag;
	int group;
} groups[] = {
	/* clang-format off */
	{ "dmn", "DMN", LOG_G_DMN }, { "mgr", "MGR", LOG_G_MGR }, { "ike", "IKE", LOG_G_IKE },
	{ "chd", "CHD", LOG_G_CHD }, { "job", "JOB", LOG_G_JOB }, { "cfg", "CFG", LOG_G_CFG },
	{ "knl", "KNL", LOG_G_KNL }, { "net", "NET", LOG_G_NET }, { "enc", "ENC", LOG_G_ENC },
	{ "lib", "LIB", LOG_G_LIB }, { "mip", "MIP", LOG_G_MIP },
	{ "asn", "ASN", NO_GROUP }, { "esp", "ESP", NO_GROUP }, { "tls", "TLS", NO_GROUP },
	{ "tnc", "TNC", NO_GROUP }, { "imc", "IMC", NO_GROUP }, { "imv", "IMV", NO_GROUP },
	{ "pts", "PTS", NO_GROUP }, { "app", "APP", NO_GROUP },
	/* clang-format on */
};

static struct {
	char ident[32];
	enum log_style style;
	int fd; /* -1: syslog */
	signed char level[LOG_G_COUNT + 1];
	void (*tap)(void *arg, const char *line);
	void *tap_arg;
	bool (*gate)(void *arg);
	void *gate_arg;
} lg = { .ident = "perigee", .fd = STDERR_FILENO, .level = { [0 ... LOG_G_COUNT] = 1 } };

int log_open(const char *ident, enum log_style style, const char *path, bool to_stderr)
{
	int fd = to_stderr ? STDERR_FILENO : -1;

	if (path) {
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
		if (fd < 0)
			return -errno;
	}
	if (lg.fd > STDERR_FILENO)
		close(lg.fd);
	lg.fd = fd;
	lg.style = style;
	snprintf(lg.ident, sizeof(lg.ident), "%s", ident);
	if (fd < 0)
		openlog(lg.ident, style == LOG_STYLE_PLAIN ? LOG_PID : 0, LOG_DAEMON);
	return 0;
}

static size_t stamp(char *out, size_t size)
{
	char host[65] = "localhost", date[32];
	time_t now = time(NULL);
	struct tm tm;

	gethostname(host, sizeof(host) - 1);
	host[strcspn(host, ".")] = '\0';
	strftime(date, sizeof(date), "%b %e %H:%M:%S", localtime_r(&now, &tm));
	if (lg.style == LOG_STYLE_PLAIN)
		return (size_t)snprintf(
			out, size, "%s %s %s[%d]: ", date, host, lg.ident, (int)getpid());
	return (size_t)snprintf(out, size, "%s %s %s: ", date, host, lg.ident);
}

/* One write a line: lines of two processes in one file do not mix. */
static void put_fd(const char *prefix, const char *text)
{
	char line[LINE_MAX_TEXT + 256];
	size_t n = stamp(line, sizeof(line));

	n += (size_t)snprintf(line + n, sizeof(line) - n, "%s%s\n", prefix, text);
	while (write(lg.fd, line, n) < 0 && errno == EINTR)
		;
}

static void put_syslog(int level, const char *prefix, const char *text)
{
	if (level <= 0)
		syslog(LOG_AUTHPRIV | LOG_NOTICE, "%s%s", prefix, text);
	syslog(LOG_DAEMON | LOG_INFO, "%s%s", prefix, text);
}

void log_vat(enum log_group g, int level, const char *fmt, va_list ap)
{
	char text[LINE_MAX_TEXT], prefix[16] = "";

	if (level > lg.level[g] || (lg.gate && !lg.gate(lg.gate_arg)))
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = '?'; /* one event, one line */
	if (lg.style == LOG_STYLE_IKE)
		snprintf(prefix, sizeof(prefix), "01[%s] ", groups[g].tag);
	if (lg.fd < 0)
		put_syslog(level, prefix, text);
	else
		put_fd(prefix, text);
	if (lg.tap && level <= 1)
		lg.tap(lg.tap_arg, text);
}

void log_at(enum log_group g, int level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vat(g, level, fmt, ap);
	va_end(ap);
}

void log_set_level(enum log_group g, int level)
{
	lg.level[g] = (signed char)level;
}

static int group_find(const char *name)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (!strcasecmp(groups[i].name, name))
			return groups[i].group;
	return -ENOENT;
}

/* "-1" to "4" and nothing else. */
static bool level_parse(const char *word, signed char *out)
{
	bool minus = word[0] == '-';

	if (word[minus] < '0' || word[minus] > '4' || word[minus + 1] || (minus && word[1] != '1'))
		return false;
	*out = (signed char)(minus ? -1 : word[0] - '0');
	return true;
}

int log_levels(const char *text)
{
	own_mem char *copy = strdup(text);
	signed char level[sizeof(lg.level)];
	char *save = NULL;

	if (!copy)
		return -ENOMEM;
	memcpy(level, lg.level, sizeof(level));
	for (char *w = strtok_r(copy, " \t,", &save); w; w = strtok_r(NULL, " \t,", &save)) {
		int g = group_find(w);
		const char *num = strtok_r(NULL, " \t,", &save);

		if (g < 0 || !num || !level_parse(num, &level[g]))
			return -EINVAL;
	}
	memcpy(lg.level, level, sizeof(level));
	return 0;
}

void log_tap(void (*fn)(void *arg, const char *line), void *arg)
{
	lg.tap = fn;
	lg.tap_arg = arg;
}

void log_gate(bool (*may)(void *arg), void *arg)
{
	lg.gate = may;
	lg.gate_arg = arg;
}

const char *log_safe(struct bytes text)
{
	static char ring[8][SAFE_MAX + 1];
	static unsigned next;
	char *out = ring[next++ % 8];
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		bool plain = c >= ' ' && c < 0x7f && c != '\\';

		if (n + (plain ? 1 : 4) > SAFE_MAX)
			break;
		n += (size_t)sprintf(out + n, plain ? "%c" : "\\x%02x", c);
	}
	out[n] = '\0';
	return out;
}
