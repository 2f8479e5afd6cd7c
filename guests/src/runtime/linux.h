/* What guests that make the kernel work use beyond runtime.h: more of its system calls, threads, and marks for a machine's trace. */
#ifndef TRAPWALK_LINUX_H
#define TRAPWALK_LINUX_H

/* Numbers of the ARM EABI (arch/arm/tools/syscall.tbl). */
enum {
  CALL_EXIT_GROUP = 248,
  CALL_FORK = 2,
  CALL_READ = 3,
  CALL_WRITE = 4,
  CALL_CLOSE = 6,
  CALL_GETPID = 20,
  CALL_KILL = 37,
  CALL_PIPE = 42,
  CALL_GETPPID = 64,
  CALL_GETTIMEOFDAY = 78,
  CALL_MUNMAP = 91,
  CALL_WAIT4 = 114,
  CALL_NANOSLEEP = 162,
  CALL_POLL = 168,
  CALL_RT_SIGACTION = 174,
  CALL_MMAP2 = 192,
  CALL_FUTEX = 240,
  CALL_SOCKETPAIR = 288,
};

static inline int system_call(int number, unsigned first, unsigned second, unsigned third, unsigned fourth) {
  register int r7 __asm__("r7") = number;
  register unsigned r0 __asm__("r0") = first;
  register unsigned r1 __asm__("r1") = second;
  register unsigned r2 __asm__("r2") = third;
  register unsigned r3 __asm__("r3") = fourth;
  __asm__ volatile("svc #0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2), "r"(r3) : "memory");
  return (int)r0;
}

#define ADDRESS(object) ((unsigned)(object))

/* Anonymous memory, read and written by this process alone: page-aligned zeros, or a negative error number. */
unsigned map_pages(unsigned bytes);

/* Waits for a child of fork; is it one that ended by itself with status 0? */
int child_succeeded(void);

/* Starts function(argument) as a thread; *ended becomes 0 when it is through. The result is an error number if negative. */
int start_thread(unsigned stack_top, void (*function)(void *), void *argument, volatile unsigned *ended);
void await_thread(volatile unsigned *ended);

/*
 * Announces a phase by DBG #1, #2 or #3, to a machine that records: any privilege may execute these hints, which do nothing
 * elsewhere. mark() of runtime.h announces the same to whoever records the program alone; it is a system call, so it
 * stands before `begin` and behind `end`.
 */
static inline void hint_warm(void) { __asm__ volatile(".inst 0xe320f0f1" ::: "memory"); }
static inline void hint_begin(void) { __asm__ volatile(".inst 0xe320f0f2" ::: "memory"); }
static inline void hint_end(void) { __asm__ volatile(".inst 0xe320f0f3" ::: "memory"); }

/* Complains and exits with status 1. */
void fail(const char *program, const char *what) __attribute__((noreturn));

#endif
