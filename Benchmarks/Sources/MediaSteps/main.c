#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

// Walks a thread instruction by instruction and counts what the path of a packet must not have: calls of the allocator,
// calls of mutexes, waits on futexes, and instructions with a bus lock, by where they stand: in the program, where a lock of
// Swift's would be in line, in the Swift runtime, where reference counts are, or elsewhere.
//
// Usage: MediaSteps PROCESS THREAD PACKETS; it ends when the thread has sent so many, and prints a line of JSON.
// Walking is a thousand times slower than running, so that the thread is late all the time: what it skips it skips by its own
// rules, and what it does is all there.

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "media steps: %s: %s\n", what, strerror(errno));
    exit(1);
}

enum { PROGRAM, RUNTIME, ELSEWHERE, PLACES };
static const char *place_names[PLACES] = {"program", "runtime", "elsewhere"};

struct mapping {
    uint64_t start, end;
    int place;
};
static struct mapping mappings[1024];
static int mapping_count;
static uint64_t libc_base;

static void read_mappings(pid_t process) {
    char path[64], line[1024], program[512] = "";
    snprintf(path, sizeof path, "/proc/%d/exe", process);
    ssize_t length = readlink(path, program, sizeof program - 1);
    if (length < 0) fail(path);
    program[length] = 0;
    snprintf(path, sizeof path, "/proc/%d/maps", process);
    FILE *file = fopen(path, "r");
    if (!file) fail(path);
    while (fgets(line, sizeof line, file) && mapping_count < 1024) {
        uint64_t start, end;
        char access[8], name[768] = "";
        if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %767[^\n]", &start, &end, access, name) < 3) continue;
        if (strstr(name, "/libc.so") && !libc_base) libc_base = start;
        if (access[2] != 'x') continue;
        int place = !strcmp(name, program) ? PROGRAM : strstr(name, "/libswift") ? RUNTIME : ELSEWHERE;
        mappings[mapping_count++] = (struct mapping){start, end, place};
    }
    fclose(file);
}

static int place_of(uint64_t address) {
    for (int index = 0; index < mapping_count; index++)
        if (address >= mappings[index].start && address < mappings[index].end) return mappings[index].place;
    return ELSEWHERE;
}

// What is known of an instruction: looked at once, however often it runs.
enum { UNKNOWN, PLAIN, LOCKED, SYSCALL };
struct known {
    uint64_t address;
    uint8_t kind;
};
static struct known table[1 << 18];

static uint8_t look_at(pid_t process, uint64_t address) {
    uint8_t bytes[16] = {0};
    struct iovec here = {bytes, sizeof bytes}, there = {(void *)address, sizeof bytes};
    if (process_vm_readv(process, &here, 1, &there, 1, 0) < 2) return PLAIN;
    if (bytes[0] == 0x0F && bytes[1] == 0x05) return SYSCALL;
    // Prefixes come in any order; lock is F0. xchg with memory locks without one.
    int at = 0;
    for (; at < 8; at++) {
        uint8_t byte = bytes[at];
        if (byte == 0xF0) return LOCKED;
        bool isPrefix = byte == 0x66 || byte == 0x67 || byte == 0x2E || byte == 0x3E || byte == 0x64 || byte == 0x65 ||
                        byte == 0xF2 || byte == 0xF3 || (byte & 0xF0) == 0x40;
        if (!isPrefix) break;
    }
    bool exchanges = bytes[at] == 0x86 || bytes[at] == 0x87;
    return exchanges && (bytes[at + 1] & 0xC0) != 0xC0 ? LOCKED : PLAIN;
}

static uint8_t kind_of(pid_t process, uint64_t address) {
    size_t place = (address * 0x9E3779B97F4A7C15u) >> 46;
    for (size_t step = 0; step < 64; step++) {
        struct known *known = &table[(place + step) & ((1 << 18) - 1)];
        if (known->kind == UNKNOWN) *known = (struct known){address, look_at(process, address)};
        if (known->address == address) return known->kind;
    }
    return look_at(process, address);
}

// Functions of the C library by their first instruction; the tracee has the same library at another address.
struct function {
    const char *name;
    uint64_t address;
};
static struct function allocators[] = {
    {"malloc", 0}, {"calloc", 0}, {"realloc", 0}, {"posix_memalign", 0}, {"aligned_alloc", 0}};
static struct function locks[] = {{"pthread_mutex_lock", 0},    {"pthread_mutex_trylock", 0}, {"pthread_rwlock_rdlock", 0},
                                  {"pthread_rwlock_wrlock", 0}, {"pthread_spin_lock", 0},     {"pthread_cond_wait", 0}};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void find(struct function *functions, size_t count) {
    Dl_info info;
    for (size_t index = 0; index < count; index++) {
        void *own = dlsym(RTLD_DEFAULT, functions[index].name);
        if (!own || !dladdr(own, &info)) fail(functions[index].name);
        functions[index].address = (uint64_t)own - (uint64_t)info.dli_fbase + libc_base;
    }
}

static bool is_one_of(const struct function *functions, size_t count, uint64_t address) {
    for (size_t index = 0; index < count; index++)
        if (functions[index].address == address) return true;
    return false;
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "MediaSteps PROCESS THREAD PACKETS\n");
        return 2;
    }
    pid_t process = atoi(arguments[1]), thread = atoi(arguments[2]);
    long wanted = atol(arguments[3]);
    read_mappings(process);
    find(allocators, COUNT(allocators));
    find(locks, COUNT(locks));
    // It takes a whole processor, and others have work to do there: the kernel's own among them.
    if (nice(19) < 0 && errno) fail("nice");
    // On the processor of the thread: to wake somebody on another one for each step would take ten times as long.
    cpu_set_t processors;
    if (sched_getaffinity(thread, sizeof processors, &processors) == 0)
        sched_setaffinity(0, sizeof processors, &processors);
    if (ptrace(PTRACE_SEIZE, thread, 0, 0) != 0) fail("ptrace");
    if (ptrace(PTRACE_INTERRUPT, thread, 0, 0) != 0) fail("ptrace");

    uint64_t instructions = 0, locked[PLACES] = {0}, allocations = 0, mutexes = 0, futexes = 0, calls = 0;
    long sent = 0, received = 0;
    int status;
    while (sent < wanted || received == 0) {
        if (waitpid(thread, &status, __WALL) != thread || !WIFSTOPPED(status)) fail("the thread ended");
        struct user_regs_struct registers;
        if (ptrace(PTRACE_GETREGS, thread, 0, &registers) != 0) fail("registers");
        uint64_t address = registers.rip;
        instructions++;
        switch (kind_of(process, address)) {
        case LOCKED: locked[place_of(address)]++; break;
        case SYSCALL:
            calls++;
            if (registers.rax == SYS_futex) futexes++;
            if (registers.rax == SYS_sendto) sent++;
            if (registers.rax == SYS_recvfrom) received++;
            break;
        }
        if (is_one_of(allocators, COUNT(allocators), address)) allocations++;
        if (is_one_of(locks, COUNT(locks), address)) mutexes++;
        if (ptrace(PTRACE_SINGLESTEP, thread, 0, 0) != 0) fail("step");
    }
    waitpid(thread, &status, __WALL);
    ptrace(PTRACE_DETACH, thread, 0, 0);
    printf("{\"sent\":%ld,\"received\":%ld,\"instructions\":%lu,\"calls\":%lu,\"allocations\":%lu,\"mutexes\":%lu,"
           "\"futexes\":%lu,\"locked\":{",
           sent, received, instructions, calls, allocations, mutexes, futexes);
    for (int place = 0; place < PLACES; place++)
        printf("%s\"%s\":%lu", place ? "," : "", place_names[place], locked[place]);
    printf("}}\n");
    return 0;
}
