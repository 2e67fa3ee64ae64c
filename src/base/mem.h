/*
 * mem - ownership that ends with the scope.
 *
 *	own(conn) *c = conn_new();	// conn_free(c) runs when the scope is left
 *	return take(c);			// … unless the pointer was taken
 *
 * OWN(conn) in a header makes own(conn) possible for a type with a function conn_free().
 * Shapes:  every x_free(NULL) is fine.
 */
#pragma once

#include <stdlib.h>

#define OWN(type)                                                                                  \
	static inline void own_##type##_free(struct type **p)                                      \
	{                                                                                          \
		type##_free(*p);                                                                   \
	}
#define own(type) __attribute__((cleanup(own_##type##_free))) struct type

#define own_mem __attribute__((cleanup(own_mem_free)))
#define own_blob __attribute__((cleanup(blob_free))) struct blob
#define own_fd __attribute__((cleanup(own_fd_close))) int
#define own_file __attribute__((cleanup(own_file_close))) FILE

#define take(p)                                                                                    \
	({                                                                                         \
		__typeof__(p) took = (p);                                                          \
		(p) = NULL;                                                                        \
		took;                                                                              \
	})

void own_mem_free(void *p); /* p is the address of a pointer from malloc */
void own_fd_close(int *fd); /* -1 is fine */
void own_file_close(void *f); /* f is the address of a FILE pointer, NULL is fine */

/* Overwrite a secret; the compiler never removes it. */
void mem_wipe(void *p, size_t n);
