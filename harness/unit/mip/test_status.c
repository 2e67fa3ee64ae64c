#include <jansson.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/loop.h"
#include "mip/status.h"
#include "unit/mip/duo.h"
#include "unit/unit.h"

static struct duo w;
static char dir[] = "/tmp/mip6d-status-XXXXXX";
static char socket_path[64], answer_path[64];

static void on_child(int sig, void *arg)
{
	(void)sig, (void)arg;
	loop_stop();
}

/* What a side tells `mip6d --status` in a process of its own; the exit status of that. */
static int ask(struct side *s, json_t **out)
{
	struct ctl *ctl;
	pid_t child;
	int how;

	assert_int_equal(ctl_serve(socket_path, status_serve, &s->mip, &ctl), 0);
	assert_int_equal(loop_signal(SIGCHLD, on_child, NULL), 0);
	child = fork();
	if (!child) {
		if (!freopen(answer_path, "w", stdout))
			_exit(99);
		how = status_ask(socket_path);
		fflush(stdout);
		_exit(how);
	}
	assert_int_equal(loop_run(), 0);
	assert_int_equal(waitpid(child, &how, 0), child);
	ctl_free(ctl);
	*out = json_load_file(answer_path, 0, NULL);
	return WEXITSTATUS(how);
}

static void begin(void)
{
	if (!strchr(dir, 'X') || mkdtemp(dir)) {
		snprintf(socket_path, sizeof(socket_path), "%s/ctl", dir);
		snprintf(answer_path, sizeof(answer_path), "%s/json", dir);
	}
	duo_open(&w);
	duo_run(&w, 5000);
}

static void end(json_t *all)
{
	json_decref(all);
	duo_close(&w);
	unlink(answer_path);
}

static const char *text(json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void a_mobile_node_tells_its_update_list(void **state)
{
	json_t *all, *e;

	(void)state;
	begin();
	assert_int_equal(ask(&w.carol, &all), 0);
	e = json_array_get(json_object_get(all, "bul"), 0);
	assert_string_equal(text(all, "role"), "MN");
	assert_string_equal(text(e, "hoa"), HOA);
	assert_string_equal(text(e, "ha"), HA);
	assert_string_equal(text(e, "coa"), COA);
	assert_string_equal(text(e, "state"), "registered");
	assert_int_equal(json_integer_value(json_object_get(e, "lifetime")), 7200);
	assert_true(json_is_true(json_object_get(e, "k")));
	assert_int_equal(json_array_size(json_object_get(all, "bc")), 0);
	e = json_object_get(all, "counters");
	assert_int_equal(json_integer_value(json_object_get(e, "bu_out")), 2);
	assert_int_equal(json_integer_value(json_object_get(e, "ba_in")), 1);
	end(all);
}

static void a_home_agent_tells_its_bindings(void **state)
{
	json_t *all, *e;

	(void)state;
	begin();
	assert_int_equal(ask(&w.moon, &all), 0);
	e = json_array_get(json_object_get(all, "bc"), 0);
	assert_string_equal(text(all, "role"), "HA");
	assert_string_equal(text(e, "hoa"), HOA);
	assert_string_equal(text(e, "coa"), COA);
	assert_string_equal(text(e, "state"), "valid");
	assert_in_range(json_integer_value(json_object_get(e, "left")), 7190, 7200);
	end(all);
}

static void without_a_daemon_the_answer_is_3(void **state)
{
	(void)state;
	assert_int_equal(status_ask("/nonexistent/mip6d.ctl"), 3);
	rmdir(dir);
}

UNIT_MAIN(T(a_mobile_node_tells_its_update_list, ""), T(a_home_agent_tells_its_bindings, ""),
	T(without_a_daemon_the_answer_is_3, ""))
