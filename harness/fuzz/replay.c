/* Replay a corpus folder through a fuzz target, without libFuzzer: replay/X FOLDER. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int replay(const char *dir, const char *name)
{
	static uint8_t data[1 << 17];
	char path[4096];
	FILE *f;
	uint8_t *copy;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (!f)
		return -1;
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	copy = malloc(n ? n : 1); /* exact size: a sanitizer sees a read past the end */
	if (!copy)
		return -1;
	for (size_t i = 0; i < n; i++)
		copy[i] = data[i];
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	return 0;
}

int main(int argc, char **argv)
{
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	unsigned n = 0;

	if (!dir) {
		fprintf(stderr, "usage: %s CORPUS-FOLDER (a folder that exists)\n", argv[0]);
		return 2;
	}
	for (struct dirent *e = readdir(dir); e; e = readdir(dir))
		if (e->d_name[0] != '.' && replay(argv[1], e->d_name) == 0)
			n++;
	closedir(dir);
	printf("%u inputs replayed\n", n);
	return n ? 0 : 1; /* an empty corpus shows nothing */
}
