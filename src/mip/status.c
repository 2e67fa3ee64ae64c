#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "mip/status.h"

enum { NOT_RUNNING = 3, ANSWER_MS = 5000 };

static const struct name roles[] = {
	{ MIP_CN, "CN" },
	{ MIP_HA, "HA" },
	{ MIP_MN, "MN" },
};

static json_t *bul_list(const struct mip *mip)
{
	struct bul_entry *e = NULL;
	json_t *list = json_array();

	while ((e = bul_next(&mip->bul, e)))
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s, s:i, s:I, s:I, s:b}", "hoa",
				addr_str(&e->key.hoa), "ha", addr_str(&e->key.peer), "coa",
				addr_str(&e->coa), "state", mn_state_str(mn_of_bul(e)->state),
				"seq", (int)e->seq, "lifetime", (json_int_t)e->lifetime, "left",
				(json_int_t)bul_left(e), "k", (int)e->k));
	return list;
}

static json_t *bc_list(const struct mip *mip)
{
	struct bc_entry *e = NULL;
	json_t *list = json_array();

	while ((e = bc_next(&mip->ha.bc, e)))
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s, s:i, s:I, s:I, s:b}", "hoa",
				addr_str(&e->key.hoa), "ha", addr_str(&e->key.peer), "coa",
				addr_str(&e->coa), "state", hb_state_str(ha_binding_at(e)->state),
				"seq", (int)e->seq, "lifetime", (json_int_t)e->lifetime, "left",
				(json_int_t)bc_left(e), "k", (int)e->k));
	return list;
}

static json_t *counters(const struct mip_env *env)
{
	json_t *o = json_object();

	for (int c = 0; c < MC_COUNT; c++)
		json_object_set_new(o, env_counter_str((enum mip_counter)c),
			json_integer((json_int_t)env->counters[c]));
	return o;
}

static char *render(struct mip *mip)
{
	json_t *all = json_pack("{s:s, s:o, s:o, s:o}", "role",
		names_str(NAMES(roles), mip->env.conf->role), "bul", bul_list(mip), "bc",
		bc_list(mip), "counters", counters(&mip->env));
	char *text = all ? json_dumps(all, JSON_INDENT(1)) : NULL;
	json_decref(all);
	return text;
}

void status_serve(struct ctl_req *req, void *arg)
{
	own_mem char *text = strcmp(req->line, "status") ? NULL : render(arg);
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")))
		ctl_line(req, "%s", line);
	ctl_finish(req, text ? 0 : 1);
}

static void print_line(void *arg, const char *text)
{
	fprintf(arg, "%s\n", text);
}

int status_ask(const char *path)
{
	int rc = ctl_ask(path, "status", print_line, stdout, ANSWER_MS);

	if (rc >= 0)
		return rc;
	fprintf(stderr, "mip6d is not running (%s: %s)\n", path, strerror(-rc));
	return NOT_RUNNING;
}
