#include "unit/ike/conf_text.h"

#include <stdlib.h>
#include <unistd.h>

#include "unit/unit.h"

char conf_text_dir[] = "/tmp/conf_text.XXXXXX", conf_text_said[65536];
struct conf_log conf_text_findings;
bool (*conf_text_ours)(void *arg, const struct in6_addr *a);
static char path[sizeof(conf_text_dir) + sizeof("/ipsec.conf")];

static void hear(void *arg, bool error, const char *line)
{
	size_t n = strlen(conf_text_said);

	(void)arg, (void)error;
	if (strstr(line, conf_text_dir) == line)
		line += strlen(conf_text_dir) + 1;
	snprintf(conf_text_said + n, sizeof(conf_text_said) - n, "%s\n", line);
}

int conf_text_load(const char *text, size_t n, struct ike_conf **out)
{
	struct conf_paths paths = { path, NULL, NULL, "/etc/ipsec.d", conf_text_ours, NULL };
	FILE *f;

	if (!path[0]) {
		assert_non_null(mkdtemp(conf_text_dir));
		snprintf(path, sizeof(path), "%s/ipsec.conf", conf_text_dir);
	}
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	fclose(f);
	conf_text_said[0] = '\0';
	conf_text_findings = (struct conf_log){ .emit = hear };
	*out = NULL;
	return conf_load(&paths, &conf_text_findings, out);
}

void conf_text_end(void)
{
	unlink(path);
	assert_int_equal(rmdir(conf_text_dir), 0);
}

const char *conf_text_names(const struct ike_conf *c)
{
	static char names[8];
	size_t n = 0;

	for (const struct conn *k = c->conns; k && n + 1 < sizeof(names); k = k->next)
		names[n++] = k->name[0];
	names[n] = '\0';
	return names;
}

bool conf_page_next(struct conf_page *p)
{
	char line[256];

	if (!p->file)
		p->file = fopen(TOP "/docs/man/ipsec.conf.5", "r");
	assert_non_null(p->file);
	while (fgets(line, sizeof(line), p->file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, ".Ss ", 4))
			strlcpy(p->section, line + 4, sizeof(p->section));
		if (!strncmp(line, ".It Cm ", 7)) {
			strlcpy(p->keyword, line + 7, sizeof(p->keyword));
			return true;
		}
	}
	fclose(p->file);
	return false;
}
