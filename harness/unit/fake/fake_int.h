/* fake_int - the insides of fake_xfrm, shared by its files. */
#pragma once

#include <linux/xfrm.h>
#include <sys/queue.h>

#include "unit/fake/fake_xfrm.h"

enum { N_BUCKETS = 8192 };

/* One state, kept as its NEWSA message. */
struct fsa {
	TAILQ_ENTRY(fsa) all;
	LIST_ENTRY(fsa) by_id, by_ends, among_larvals;
	struct nlmsghdr *msg;
	struct xfrm_replay_state replay; /* instead of the message's */
	bool larval;
};

/* The last number that was used under an SPI, whatever became of its SA. */
struct fnumber {
	LIST_ENTRY(fnumber) next;
	uint32_t spi, last;
};

/* Linux 7.2. */
enum { FAKE_MIGRATE_STATE = 0x29 };
struct fake_migrate_state {
	struct xfrm_usersa_id id;
	xfrm_address_t new_daddr, new_saddr;
	struct xfrm_mark old_mark;
	struct xfrm_selector new_sel;
	uint32_t new_reqid, flags;
	uint16_t new_family, reserved;
};

struct fpolicy {
	TAILQ_ENTRY(fpolicy) all;
	LIST_ENTRY(fpolicy) by_sel;
	struct nlmsghdr *msg;
	uint8_t type; /* XFRM_POLICY_TYPE_… */
};

struct fevent {
	TAILQ_ENTRY(fevent) next;
	struct nlmsghdr *msg;
};

LIST_HEAD(fsa_list, fsa);
LIST_HEAD(fpolicy_list, fpolicy);

struct fake_xfrm {
	TAILQ_HEAD(, fsa) sas; /* newest first, as the kernel finds them */
	struct fsa_list by_id[N_BUCKETS], by_ends[N_BUCKETS], larvals;
	TAILQ_HEAD(, fpolicy) policies;
	struct fpolicy_list by_sel[N_BUCKETS];
	TAILQ_HEAD(, fevent) events;
	xfrm_event_fn *fn;
	void *arg;
	uint32_t next_spi, next_seq, next_index;
	LIST_HEAD(, fnumber) numbers;
	unsigned n_reused, n_migrate_state;
	bool moves_states;
	fake_xfrm_before_fn *before;
	void *before_arg;
	uint16_t fail_type;
	unsigned n_fail;
	int fail_error;
	unsigned counts[XFRM_NR_MSGTYPES];
};

/* Messages. */
struct nlmsghdr *fake_copy(const struct nlmsghdr *msg);
/* The attribute's data in place, NULL if it is not there; *n its octets. */
void *fake_attr(const struct nlmsghdr *msg, size_t body, uint16_t type, size_t *n);
/* Queue an event made with nl_begin() and nl_put(). */
void fake_emit(struct fake_xfrm *k, const struct nl_req *rq);
void fake_emit_copy(struct fake_xfrm *k, uint16_t type, const struct nlmsghdr *msg);

/* SAD. */
struct xfrm_usersa_info *fsa_info(const struct fsa *sa);
int fsa_request(struct fake_xfrm *k, const struct nlmsghdr *req, nl_fn *reply, void *arg);
struct fsa *fsa_for_migrate(struct fake_xfrm *k, const struct xfrm_user_migrate *m);
struct fsa *fsa_by_ends(struct fake_xfrm *k, const xfrm_address_t *src, const xfrm_address_t *dst,
	uint32_t reqid, uint8_t proto, uint8_t mode);
struct fsa *fsa_larval(struct fake_xfrm *k, const xfrm_address_t *src, const xfrm_address_t *dst,
	uint32_t reqid, uint8_t proto, uint8_t mode, const struct xfrm_selector *sel);
struct fsa *fsa_locate(struct fake_xfrm *k, const xfrm_address_t *src, const xfrm_address_t *dst,
	uint32_t spi, uint8_t proto);
/* Take out of the hashes, change the ends in the message, put in again as the newest. */
void fsa_move(
	struct fake_xfrm *k, struct fsa *sa, const xfrm_address_t *src, const xfrm_address_t *dst);
void fsa_drop(struct fake_xfrm *k, struct fsa *sa);
int fsa_migrate_state(struct fake_xfrm *k, const struct nlmsghdr *req);

/* SPD. */
struct xfrm_userpolicy_info *fpolicy_info(const struct fpolicy *p);
struct xfrm_user_tmpl *fpolicy_tmpls(const struct fpolicy *p, size_t *n);
int fpolicy_request(struct fake_xfrm *k, const struct nlmsghdr *req, nl_fn *reply, void *arg);
struct fpolicy *fpolicy_find(
	struct fake_xfrm *k, const struct xfrm_selector *sel, uint8_t dir, uint8_t type);
uint8_t fake_policy_type(const struct nlmsghdr *req, size_t body);
int fake_migrate(struct fake_xfrm *k, const struct nlmsghdr *req);

bool fake_same(const xfrm_address_t *a, const xfrm_address_t *b);
unsigned fake_hash(const void *p, size_t n, unsigned seed);
