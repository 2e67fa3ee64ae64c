#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "ike/conf/conf_read.h"

enum kind { KIND_UNKNOWN, KIND_KEY, KIND_OTHER };

static const struct name kinds[] = {
	{ KIND_KEY, "RSA" },
	{ KIND_KEY, "PKCS8" },
	{ KIND_OTHER, "ECDSA" },
	{ KIND_OTHER, "PSK" },
	{ KIND_OTHER, "P12" },
	{ KIND_OTHER, "BLISS" },
	{ KIND_OTHER, "EAP" },
	{ KIND_OTHER, "XAUTH" },
	{ KIND_OTHER, "NTLM" },
	{ KIND_OTHER, "PIN" },
};

static enum kind kind_of(const char *word)
{
	int kind;

	return names_value(NAMES(kinds), word, &kind) < 0 ? KIND_UNKNOWN : (enum kind)kind;
}

/* The next word of *text, without quotes; NULL at the end. Cuts the text. */
static char *next_word(char **text)
{
	char *w = *text + strspn(*text, " \t"), *end;
	bool quoted = *w == '"';

	if (!*w)
		return NULL;
	w += quoted;
	end = w + strcspn(w, quoted ? "\"" : " \t");
	*text = *end ? end + 1 : end;
	*end = '\0';
	return w;
}

/* Behind the selectors: "… : RSA file" */
static char *after_colon(char *text)
{
	for (char *p = strchr(text, ':'); p; p = strchr(p + 1, ':')) {
		bool starts = p == text || p[-1] == ' ' || p[-1] == '\t';

		if (starts && (p[1] == ' ' || p[1] == '\t' || !p[1]))
			return p + 1;
	}
	return NULL;
}

static int secret_add(struct ike_conf *c, char *path, const char *pass, struct conf_pos at)
{
	struct secret **end = &c->secrets, *s = calloc(1, sizeof(*s));

	while (*end)
		end = &(*end)->next;
	if (!s)
		return -ENOMEM;
	s->key_file = path;
	s->passphrase = pass ? strdup(pass) : NULL;
	s->at = conf_keep_pos(c, at);
	*end = s;
	return 0;
}

const char *secret_str(const struct secret *s)
{
	return access(s->key_file, F_OK) < 0 ? "(a word that names no file)" : s->key_file;
}

/*
 * What is wrong with the words behind `: RSA', NULL: nothing. None of them is said: any of them may
 * be a passphrase whose file name is forgotten, or which has spaces.
 */
static const char *wrong_words(const char *file, const char *pass, const char *more)
{
	if (!file)
		return "expected the name of a key file";
	if (*file == '{')
		return "expected the name of a key file; a key that stands here is not read";
	if (conf_has_odd_quotes(file) || (pass && conf_has_odd_quotes(pass)))
		return "expected no quotes but \"";
	if (pass && !strcmp(pass, "%prompt"))
		return "%prompt: expected a passphrase, there is nobody to ask";
	return more ? "expected nothing behind the passphrase, quotes if it has spaces" : NULL;
}

static void key_secret(const struct conf_paths *paths, struct ike_conf *c, struct conf_log *log,
	struct conf_pos at, char *rest)
{
	const char *file = next_word(&rest), *pass = next_word(&rest), *more = next_word(&rest);
	const char *wrong = wrong_words(file, pass, more);
	own_mem char *path = wrong ? NULL : conf_path(paths, "private", file);

	if (wrong)
		conf_error(log, at, ": RSA: %s", wrong);
	else if (path && secret_add(c, path, pass, at) == 0)
		take(path);
}

static void line_read(const struct conf_paths *paths, struct ike_conf *c, struct conf_log *log,
	const struct lex_line *line)
{
	own_mem char *copy = strdup(line->text);
	char *rest = copy ? after_colon(copy) : NULL;
	const char *word = rest ? next_word(&rest) : NULL;
	enum kind kind;

	if (!word) {
		conf_error(log, line->at, "expected `: RSA FILE [PASSPHRASE]'");
		return;
	}
	kind = kind_of(word);
	if (kind == KIND_KEY)
		key_secret(paths, c, log, line->at, rest);
	else if (kind == KIND_OTHER)
		conf_warn(log, line->at, ": %s: such secrets are not used here, ignored", word);
	else
		conf_error(log, line->at, "%s",
			"the word behind `:' is no kind of secret: expected `: RSA FILE "
			"[PASSPHRASE]'"); /* it may be the secret itself */
	mem_wipe(copy, strlen(line->text));
}

/* E-022: who can read it, but root and whoever reads it now? */
static void check_mode(const char *path, struct conf_log *log)
{
	struct stat st;

	if (stat(path, &st) == 0 &&
		((st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & 077)))
		conf_warn(log, (struct conf_pos){ path, 1 },
			"mode %04o, owner %u: expected 0600 of root", (unsigned)st.st_mode & 07777,
			(unsigned)st.st_uid);
}

void secrets_read(const struct conf_paths *paths, struct conf_log *log, struct ike_conf *c)
{
	struct lex lex;
	int err;

	if (!paths->secrets)
		return;
	err = lex_lines(paths->secrets, (struct lex_limits){ CONF_OTHER_DEPTH }, log, &lex);
	if (err < 0) {
		conf_warn(log, (struct conf_pos){ paths->secrets, 0 }, "%s: there are no secrets",
			file_str(err));
		return;
	}
	check_mode(paths->secrets, log);
	for (size_t i = 0; i < lex.n_lines; i++)
		/* Lines that go on with the one before, as those of a whole key, are told with it.
		 */
		if (lex.lines[i].text && !(i && lex.lines[i].indented))
			line_read(paths, c, log, &lex.lines[i]);
	lex_free(&lex);
}
