/* Fuzz: an ICMPv6 message, given to every parser; each refuses the types of the others. */
#include "mip/message/icmp6.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct bytes in = BYTES(data, n);
	union {
		struct icmp6_ra ra;
		struct icmp6_mpa mpa;
		struct icmp6_agents agents;
		struct icmp6_problem problem;
	} out;
	uint16_t id;
	bool router;

	icmp6_ra_parse(in, &out.ra);
	icmp6_mps_parse(in, &id);
	icmp6_mpa_parse(in, &out.mpa);
	icmp6_dhaad_request_parse(in, &id, &router);
	icmp6_dhaad_reply_parse(in, &out.agents);
	icmp6_problem_parse(in, &out.problem);
	return 0;
}
