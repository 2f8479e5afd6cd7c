/*
 * Two cores take a ticket lock in turn: a word of owner and next ticket, taken by an exclusive increment, waited for by WFE and
 * given on by a store, DSB and SEV, as ARM Linux' spin locks are. Command line: how often each core takes it, and the iterations
 * of a loop inside of the lock and outside. Ends when both cores have.
 */
#include "workload.h"

static struct {
  volatile uint16_t owner, next;
} lock __attribute__((aligned(64)));
static volatile uint32_t guarded __attribute__((aligned(64)));
/* What the second core is to begin, and has finished. */
static volatile uint32_t begun __attribute__((aligned(64))), finished;
static uint32_t rounds, inside, outside;

static void wait_for(volatile uint32_t *place, uint32_t value) {
  while (*place != value) __asm__ volatile("wfe" ::: "memory");
  __asm__ volatile("dmb ish" ::: "memory");
}
static void say(volatile uint32_t *place, uint32_t value) {
  __asm__ volatile("dmb ish" ::: "memory");
  *place = value;
  __asm__ volatile("dsb ishst\n\tsev" ::: "memory");
}

static void take(void) {
  uint32_t before, after, failed;
  do {
    __asm__ volatile("ldrex %0, [%3]\n\tadd %1, %0, #0x10000\n\tstrex %2, %1, [%3]"
                     : "=&r"(before), "=&r"(after), "=&r"(failed)
                     : "r"(&lock)
                     : "memory");
  } while (failed);
  uint16_t ticket = before >> 16, owner = before;
  while (owner != ticket) {
    __asm__ volatile("wfe" ::: "memory");
    owner = lock.owner;
  }
  __asm__ volatile("dmb ish" ::: "memory");
}
static void give(void) {
  __asm__ volatile("dmb ish" ::: "memory");
  lock.owner++;
  __asm__ volatile("dsb ishst\n\tsev" ::: "memory");
}

static void work(uint32_t times) {
  for (; times; times--) {
    take();
    spin(inside);
    guarded++;
    give();
    spin(outside);
  }
}

enum { WARM = 1, MEASURED = 2, WARM_ROUNDS = 16 };

static uint32_t stack[1024] __attribute__((aligned(8)));
void second_core(void);
__asm__(".type second_core, %function\nsecond_core:\n\tmov sp, r0\n\tbl second_main\n1:\twfi\n\tb 1b\n");
void second_main(void) {
  enable_memory(0);
  say(&finished, 0);
  wait_for(&begun, WARM);
  work(WARM_ROUNDS);
  say(&finished, WARM);
  wait_for(&begun, MEASURED);
  work(rounds);
  say(&finished, MEASURED);
}

static uint32_t start_core(uint32_t core, void (*entry)(void), uint32_t *top) {
  register uint32_t r0 __asm__("r0") = 0x84000003, r1 __asm__("r1") = core, r2 __asm__("r2") = (uint32_t)entry,
                    r3 __asm__("r3") = (uint32_t)top;
  __asm__ volatile(".arch_extension virt\n\thvc #0" : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)::"memory");
  return r0;
}

int main(uint32_t zero, uint32_t type, uint32_t tree) {
  (void)zero, (void)type;
  uint32_t numbers[3];
  if (!read_numbers(tree, numbers, 3, "ROUNDS INSIDE OUTSIDE")) return 0;
  rounds = numbers[0], inside = numbers[1], outside = numbers[2];
  finished = ~0u;
  enable_memory(1);
  if (start_core(1, second_core, stack + 1024)) {
    put("there is no second core\n");
    return 0;
  }
  wait_for(&finished, 0);
  MARKER(1);
  say(&begun, WARM);
  work(WARM_ROUNDS);
  wait_for(&finished, WARM);
  MARKER(2);
  say(&begun, MEASURED);
  work(rounds);
  wait_for(&finished, MEASURED);
  MARKER(3);
  put(guarded == 2 * (rounds + WARM_ROUNDS) ? "done\n" : "two cores were in the lock at once\n");
  return 0;
}
