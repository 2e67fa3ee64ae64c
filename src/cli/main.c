#include "cli/ipsec.h"

int main(int argc, char **argv)
{
	return ipsec_main(argc, argv);
}
