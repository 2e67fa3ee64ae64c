#include "mip/net/ba.h"

#include <string.h>

#include "base/log.h"

int ba_send(struct mip_env *env, const struct ba_to *to, const struct mh_ba *ba)
{
	struct mh m = { .type = MH_BA, .ba = *ba };
	struct mip_packet p = { .src = to->own, .dst = to->hoa, .hop_limit = -1 };
	uint8_t buf[MH_MAX];
	ssize_t n;
	int rc;

	p.has_rh2 = !addr_eq(&to->back, &to->hoa);
	p.rh2 = to->back;
	n = mh_write(&m, &p.src, &p.dst, buf, sizeof(buf));
	if (n < 0)
		return (int)n;
	p.data = BYTES(buf, (size_t)n);
	rc = mip_net_send_mh(env->net, &p);
	env_count(env, MC_BA_OUT);
	log_mip(2, "BA %u for %s to %s: %s, %u s%s%s", ba->seq, addr_str(&to->hoa),
		addr_str(&to->back), mh_status_str(ba->status), ba->lifetime, rc < 0 ? ": " : "",
		rc < 0 ? strerror(-rc) : "");
	return rc;
}
