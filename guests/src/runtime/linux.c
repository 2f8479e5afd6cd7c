/* Memory, children and threads, by system calls. */
#include "runtime.h"
#include "linux.h"

enum { STANDARD_ERROR = 2, ANY_CHILD = -1, PROTECTION_READ_WRITE = 3, MAP_PRIVATE_ANONYMOUS = 0x22, FUTEX_WAIT = 0, ALIVE = 1 };

unsigned map_pages(unsigned bytes) {
  register int r7 __asm__("r7") = CALL_MMAP2;
  register unsigned r0 __asm__("r0") = 0;
  register unsigned r1 __asm__("r1") = bytes;
  register unsigned r2 __asm__("r2") = PROTECTION_READ_WRITE;
  register unsigned r3 __asm__("r3") = MAP_PRIVATE_ANONYMOUS;
  register int r4 __asm__("r4") = -1;
  register unsigned r5 __asm__("r5") = 0;
  __asm__ volatile("svc #0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5) : "memory");
  return r0;
}

int child_succeeded(void) {
  int status = -1;
  return system_call(CALL_WAIT4, (unsigned)ANY_CHILD, ADDRESS(&status), 0, 0) > 0 && status == 0;
}

/* thread.S */
int clone_thread(unsigned stack_top, void (*function)(void *), void *argument, volatile unsigned *ended);

int start_thread(unsigned stack_top, void (*function)(void *), void *argument, volatile unsigned *ended) {
  *ended = ALIVE;
  return clone_thread(stack_top, function, argument, ended);
}

void await_thread(volatile unsigned *ended) {
  while (*ended) system_call(CALL_FUTEX, ADDRESS(ended), FUTEX_WAIT, ALIVE, 0);
}

/* Without strlen, which the compiler would put in place of the loop. */
__attribute__((optimize("no-tree-loop-distribute-patterns"))) static void complain(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  system_call(CALL_WRITE, STANDARD_ERROR, ADDRESS(text), length, 0);
}

void fail(const char *program, const char *what) {
  complain(program);
  complain(": ");
  complain(what);
  complain("\n");
  system_call(CALL_EXIT_GROUP, 1, 0, 0, 0);
  __builtin_unreachable();
}
