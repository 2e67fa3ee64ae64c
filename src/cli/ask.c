#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/ctl.h"
#include "base/run.h"
#include "cli/ask.h"
#include "cli/out.h"

enum { SILENCE_MS = 30000, LONG_SILENCE_MS = 300000 };

/* Verb, words and --json as one line. */
static bool line_of(const struct cli *cli, const char *verb, char *out)
{
	size_t n = (size_t)snprintf(out, CTL_REQUEST_MAX, "%s", verb);

	for (size_t i = 0; i < cli->n_words && n < CTL_REQUEST_MAX; i++)
		n += (size_t)snprintf(
			out + n, CTL_REQUEST_MAX - n, "%s%s", *out ? " " : "", cli->words[i]);
	if (cli->json && n < CTL_REQUEST_MAX)
		n += (size_t)snprintf(out + n, CTL_REQUEST_MAX - n, " --json");
	if (n >= CTL_REQUEST_MAX)
		out_error("more than %d octets of arguments", CTL_REQUEST_MAX - 1);
	return n < CTL_REQUEST_MAX;
}

static void explain(const struct cli *cli, int rc)
{
	switch (rc) {
	case -ENOENT:
	case -ECONNREFUSED:
		out_error("iked is not running (nobody listens on %s)", cli->ctl);
		break;
	case -ECONNRESET:
		out_error("iked ended, or refused us, before it answered");
		break;
	case -ETIMEDOUT:
		out_error("iked says nothing any more, given up");
		break;
	default:
		out_error("%s: %s", cli->ctl, strerror(-rc));
	}
}

static int ask(const struct cli *cli, const char *verb, int silence_ms)
{
	char line[CTL_REQUEST_MAX];
	int rc;

	if (!line_of(cli, verb, line))
		return EXIT_USAGE;
	rc = ctl_ask(cli->ctl, line, out_line, NULL, silence_ms);
	if (rc >= 0)
		return rc;
	explain(cli, rc);
	return rc == -ENOENT || rc == -ECONNREFUSED ? EXIT_NOT_RUNNING : EXIT_FAILED;
}

int ask_verb(const struct cli *cli)
{
	return ask(cli, cli->verb->name, SILENCE_MS);
}

int ask_long(const struct cli *cli)
{
	return ask(cli, cli->verb->name, LONG_SILENCE_MS);
}

int ask_stroke(const struct cli *cli)
{
	return ask(cli, "", SILENCE_MS);
}

int ask_secrets(const struct cli *cli)
{
	return ask(cli, "rereadsecrets", SILENCE_MS);
}

int ask_status(const struct cli *cli)
{
	char line[CTL_REQUEST_MAX];
	pid_t pid;
	int rc = run_pid(cli->pid, &pid);

	if (rc == -ESRCH) {
		out_error("iked died and left %s behind", cli->pid);
		return EXIT_DEAD;
	}
	if (rc < 0) {
		out_error("iked is not running");
		return EXIT_STOPPED;
	}
	if (!line_of(cli, cli->verb->name, line))
		return EXIT_USAGE;
	rc = ctl_ask(cli->ctl, line, out_line, NULL, SILENCE_MS);
	if (rc >= 0)
		return rc;
	explain(cli, rc);
	return EXIT_UNKNOWN;
}
