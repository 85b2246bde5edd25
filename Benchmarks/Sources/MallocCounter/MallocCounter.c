#include "MallocCounter.h"

#include <errno.h>
#include <malloc.h>
#include <stddef.h>

// glibc's own names of what this library stands in front of. The benchmarks have one thread; the counts are atomic
// all the same, for a library may start another.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

static _Atomic uint64_t calls;
static _Atomic uint64_t live_bytes;

uint64_t malloc_counter_calls(void) {
    return calls;
}

uint64_t malloc_counter_live_bytes(void) {
    return live_bytes;
}

static void *taken(void *memory) {
    calls++;
    if (memory) live_bytes += malloc_usable_size(memory);
    return memory;
}

void *malloc(size_t size) {
    return taken(__libc_malloc(size));
}

void *calloc(size_t count, size_t size) {
    return taken(__libc_calloc(count, size));
}

void *realloc(void *memory, size_t size) {
    size_t before = memory ? malloc_usable_size(memory) : 0;
    void *after = __libc_realloc(memory, size);
    if (after || size == 0) live_bytes -= before;
    return taken(after);
}

void *memalign(size_t alignment, size_t size) {
    return taken(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size) {
    return taken(__libc_memalign(alignment, size));
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    void *memory = __libc_memalign(alignment, size);
    if (!memory) return ENOMEM;
    *result = taken(memory);
    return 0;
}

void free(void *memory) {
    if (!memory) return;
    live_bytes -= malloc_usable_size(memory);
    __libc_free(memory);
}
