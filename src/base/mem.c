#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

void own_mem_free(void *p)
{
	void *owned;

	memcpy(&owned, p, sizeof(owned)); /* *p has any pointer type: no aliasing through void ** */
	free(owned);
}

void own_fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

void own_file_close(void *f)
{
	FILE *owned;

	memcpy(&owned, f, sizeof(owned));
	if (owned)
		fclose(owned);
}

void mem_wipe(void *p, size_t n)
{
	if (n)
		explicit_bzero(p, n);
}
