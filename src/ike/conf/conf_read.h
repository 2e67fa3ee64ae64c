/*
 * conf_read - the steps of reading ipsec.conf: sections as text, their parameters onto structs,
 * what the whole must satisfy.
 *
 * Shapes:  a section is a list of parameters in file order; text belongs to the struct lex. A conn
 *          under construction remembers which parameters made it, so that a finding about the
 *          whole names the line that caused it.
 * Errors:  findings go to the conf_log, each parameter once however many conns inherit it.
 */
#pragma once

#include "base/lex.h"
#include "ike/conf/conf.h"

enum section_kind { SECTION_NONE, SECTION_SETUP, SECTION_CONN, SECTION_CA };

enum param_state { PARAM_NEW, PARAM_GOOD, PARAM_IGNORED, PARAM_BAD };

struct param {
	struct conf_pos at;
	char *name, *value;
	enum param_state state;
};

struct section {
	struct section *next, *next_default;
	struct tlink by_name;
	enum section_kind kind;
	char *name;
	struct conf_pos at;
	struct param *params;
	size_t n_params;
	bool open; /* also= comes through here right now */
	bool looped; /* and came back to here, which is told */
	bool broken; /* something in it cannot be read, so nobody knows what it restricts */
};

struct sections {
	struct section *first, *defaults; /* in file order; conn %default, which may come again */
	struct table by_name;
	bool refused; /* a header may be lost, and whom it restricted */
};

int sections_read(const struct lex *lex, struct conf_log *log, struct sections *out);
void sections_free(struct sections *s);
/* The first of that name. */
struct section *section_find(
	const struct sections *s, enum section_kind kind, const char *name, struct conf_log *log);
enum { BUILD_MAX = 256 };

/* A conn under construction. */
struct conn_build {
	struct conn *conn;
	const struct param *made_of[BUILD_MAX];
	size_t n;
	unsigned n_sections; /* taken, however often the same one */
	bool bad;
	bool broken; /* it, or what it inherits, cannot be read */
	struct conf_log *log;
};

struct conn *conn_new(const char *name);
void conn_free(struct conn *c);
OWN(conn)

/* The quotes of word processors, or a single one that begins it. */
bool conf_has_odd_quotes(const char *text);
/* One parameter onto the conn under construction. */
void conn_param(struct conn_build *b, struct param *p);
/* Line of the parameter that decided, else of the section. */
struct conf_pos conn_where(const struct conn_build *b, const char *name);
/* What follows from all parameters together, and what they must not be together. 0 or -EINVAL. */
int conn_complete(struct conn_build *b, const struct conf_paths *paths);

/* "135/0", "tcp/80", "ipv6-icmp/%any": port SEL_ANY for 0 and %any. 0 or -EINVAL. */
int conf_protoport(const char *text, uint8_t *proto, int *port);
/*
 * "net, net[proto/port], %dynamic": protoport (may be NULL) is for those without their own;
 * %dynamic, the end itself, gives nothing. 0 or -EINVAL.
 */
int conf_selectors(const char *text, const char *protoport, struct ts_list *out);

/* E-006: connections with the same IKE parameters share the first one's. */
void conns_set_peers(struct conn *first, struct conf_log *log);

void conn_print_keys(void);
void setup_print_keys(void);
void strongswan_print_keys(void);

void setup_defaults(struct ike_conf *c);
/* The first section of that kind, or one more. */
void setup_section(
	struct ike_conf *c, struct section *s, struct section *first, struct conf_log *log);

/*
 * A keyword without a row of its own, given with left for right: it may cost the connection. near:
 * the keyword that it is a slip of, or NULL.
 */
void conn_other_word(struct conn_build *b, struct param *p, const char *name, const char *near);
void words_print(void);

/* An identity or the DN of a CA as it can be meant. 0, or -EINVAL with what was expected. */
int conf_ident(const char *text, struct ident *out, const char **why);
int conf_ca(const char *text, struct ident *out, const char **why);

/* A keyword of config setup without a row. False: it may restrict everybody. */
bool setup_other_word(struct param *p, struct conf_log *log);

void secrets_read(const struct conf_paths *paths, struct conf_log *log, struct ike_conf *c);
void strongswan_read(const char *path, struct conf_log *log, struct ike_conf *c);

/* The same position with a file name that lives as long as the configuration. */
struct conf_pos conf_keep_pos(struct ike_conf *c, struct conf_pos at);

/* dir/sub/name, or name when it is absolute; malloc. */
char *conf_path(const struct conf_paths *paths, const char *sub, const char *name);
