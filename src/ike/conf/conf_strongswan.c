#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ike/conf/conf_read.h"

#define AT(field) offsetof(struct ike_conf, field)

enum { NAME_MAX_ = 128 };

static conf_set set_base;

/* clang-format off */
static const struct conf_key keys[] = {
	{ .name = "charon.retransmit_timeout", .set = conf_ms, .at = AT(retransmit_timeout_ms),
	  .def = "4.0", .min = 10, .max = 600000,
	  .doc = "seconds to the first retransmission" },
	{ .name = "charon.retransmit_base", .set = set_base, .at = AT(retransmit_base),
	  .def = "1.8",
	  .doc = "factor from one retransmission to the next" },
	{ .name = "charon.retransmit_tries", .set = conf_uint, .at = AT(retransmit_tries),
	  .def = "5", .max = 50,
	  .doc = "retransmissions before giving up" },
	{ .name = "charon.half_open_timeout", .set = conf_secs, .at = AT(half_open_timeout_s),
	  .def = "30", .min = 1, .max = 3600,
	  .doc = "an IKE_SA that does not come up is forgotten after this long" },
	{ .name = "charon.signature_authentication", .set = conf_bool,
	  .at = AT(signature_authentication), .def = "no",
	  .doc = "RFC 7427 signatures; AUTH method 1 is what is spoken" },
};
/* clang-format on */

static int set_base(const struct conf_key *key, const char *value, void *target, const char **why)
{
	char *end;
	double v = strtod(value, &end);

	if (end == value || *end || !isfinite(v) || v < 1 || v > 10) {
		*why = "a factor from 1 to 10 such as 1.8";
		return -EINVAL;
	}
	memcpy((char *)target + key->at, &v, sizeof(v));
	return 0;
}

/* Where we are: "charon.plugins" */
struct place {
	char name[NAME_MAX_];
	size_t ends[NAME_MAX_]; /* of the name before each section: a name may hold dots */
	size_t depth;
	unsigned too_deep; /* sections that do not fit */
};

static void enter(struct place *p, const char *name, size_t n)
{
	size_t used = strlen(p->name);

	if (p->too_deep || used + n + 2 > sizeof(p->name)) {
		p->too_deep++;
		return;
	}
	p->ends[p->depth++] = used;
	snprintf(p->name + used, sizeof(p->name) - used, "%s%.*s", used ? "." : "", (int)n, name);
}

static void leave(struct place *p)
{
	if (p->too_deep)
		p->too_deep--;
	else if (p->depth)
		p->name[p->ends[--p->depth]] = '\0';
}

static size_t trimmed(const char *text, size_t n)
{
	while (n && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		n--;
	return n;
}

/*
 * A setting of another part of strongSwan is none of our business; one of charon itself is
 * told.
 */
static void setting(struct ike_conf *c, const struct place *p, const char *name, size_t n,
	const char *value, size_t n_value, struct conf_pos at, struct conf_log *log)
{
	char full[2 * NAME_MAX_], text[NAME_MAX_];

	if (p->too_deep || n >= NAME_MAX_ || n_value >= sizeof(text))
		return;
	snprintf(full, sizeof(full), "%s%s%.*s", p->name, p->name[0] ? "." : "", (int)n, name);
	snprintf(text, sizeof(text), "%.*s", (int)n_value, value);
	if (conf_find(keys, sizeof(keys) / sizeof(keys[0]), full))
		conf_apply(keys, sizeof(keys) / sizeof(keys[0]), c, full, text, at, log);
	else if (!strcmp(p->name, "charon"))
		conf_warn(log, at, "%s=%s: setting has no effect, ignored", full, text);
}

/* One line may hold several of: "name {", "}", "name = value". */
static int line_read(
	struct ike_conf *c, struct place *p, const struct lex_line *line, struct conf_log *log)
{
	const char *at = line->text;

	while (*(at += strspn(at, " \t"))) {
		size_t n = strcspn(at, "{}=");
		size_t name = trimmed(at, n), value;
		char what = at[n];

		if ((what == '}') != !name || !what)
			return -EINVAL;
		if (what == '}') {
			if (!p->name[0])
				return -EINVAL;
			leave(p);
		}
		if (what == '{')
			enter(p, at, name);
		if (what != '=') {
			at += n + 1;
			continue;
		}
		value = strcspn(at + n + 1, "}");
		value += n + 1;
		n += 1 + strspn(at + n + 1, " \t");
		setting(c, p, at, name, at + n, n < value ? trimmed(at + n, value - n) : 0,
			line->at, log);
		at += value;
	}
	return 0;
}

void strongswan_read(const char *path, struct conf_log *log, struct ike_conf *c)
{
	struct place p = { .name = "" };
	struct lex lex;
	int err;

	conf_defaults(keys, sizeof(keys) / sizeof(keys[0]), c);
	if (!path)
		return;
	err = lex_lines(path, (struct lex_limits){ CONF_OTHER_DEPTH }, log, &lex);
	if (err < 0 && err != -ENOENT)
		conf_error(log, (struct conf_pos){ path, 0 }, "%s; each setting has its default",
			file_str(err));
	if (err < 0)
		return;
	for (size_t i = 0; i < lex.n_lines; i++)
		if (lex.lines[i].text && line_read(c, &p, &lex.lines[i], log) < 0)
			conf_error(log, lex.lines[i].at, "%s: expected NAME { … } or NAME = VALUE",
				lex.lines[i].text);
	if (p.name[0] && lex.n_lines)
		conf_error(
			log, lex.lines[lex.n_lines - 1].at, "expected } at the end of %s", p.name);
	lex_free(&lex);
}

void strongswan_print_keys(void)
{
	conf_print_mdoc(keys, sizeof(keys) / sizeof(keys[0]));
}
