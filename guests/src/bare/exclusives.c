/* Two cores count together by exclusive accesses of every size, and take turns by a lock that waits with WFE. */
#include "bare.h"

#define TURNS 200u

static volatile uint32_t word, lock, guarded, finished;
static volatile uint16_t half;
static volatile uint8_t byte;
static volatile uint64_t pair __attribute__((aligned(8)));
static uint32_t stack[1024] __attribute__((aligned(8)));

#define ADD(size, type, place)                                                                                          \
  do {                                                                                                                 \
    uint32_t failed_;                                                                                                  \
    type value_;                                                                                                       \
    do {                                                                                                               \
      __asm__ volatile("ldrex" size " %0, [%1]" : "=r"(value_) : "r"(&place) : "memory");                              \
      value_++;                                                                                                        \
      __asm__ volatile("strex" size " %0, %1, [%2]" : "=&r"(failed_) : "r"(value_), "r"(&place) : "memory");           \
    } while (failed_);                                                                                                 \
  } while (0)

static void add_pair(void) {
  uint32_t failed;
  do {
    __asm__ volatile("ldrexd r2, r3, [%1]\n\tadds r2, r2, #1\n\tadc r3, r3, #1\n\tstrexd %0, r2, r3, [%1]"
                     : "=&r"(failed)
                     : "r"(&pair)
                     : "r2", "r3", "cc", "memory");
  } while (failed);
}

static void take(void) {
  uint32_t value, failed;
  __asm__ volatile("1:\tldrex %0, [%2]\n\tcmp %0, #0\n\twfene\n\tbne 1b\n\tstrex %1, %3, [%2]\n\tcmp %1, #0\n\tbne 1b\n\tdmb"
                   : "=&r"(value), "=&r"(failed)
                   : "r"(&lock), "r"(1)
                   : "cc", "memory");
}
static void release(void) {
  __asm__ volatile("dmb" ::: "memory");
  lock = 0;
  __asm__ volatile("dsb\n\tsev" ::: "memory");
}

static void work(void) {
  for (uint32_t turn = 0; turn < TURNS; turn++) {
    ADD("", uint32_t, word);
    ADD("h", uint16_t, half);
    ADD("b", uint8_t, byte);
    add_pair();
    take();
    guarded++;
    release();
  }
  ADD("", uint32_t, finished);
}

void second_core(void);
__asm__(".type second_core, %function\nsecond_core:\n\tmov sp, r0\n\tbl second_main\n1:\twfi\n\tb 1b\n");

void second_main(void) { work(); }

static uint32_t psci(uint32_t function, uint32_t a, uint32_t b, uint32_t c) {
  register uint32_t r0 __asm__("r0") = function, r1 __asm__("r1") = a, r2 __asm__("r2") = b, r3 __asm__("r3") = c;
  __asm__ volatile(".arch_extension virt\n\thvc #0" : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)::"memory");
  return r0;
}

int main(void) {
  show("CPU_ON", psci(0x84000003, 1, (uint32_t)second_core, (uint32_t)(stack + 1024)));
  work();
  while (finished != 2) __asm__ volatile("yield" ::: "memory");
  show("words", word);
  show("half-words", half);
  show("bytes", byte);
  show("pairs, low", (uint32_t)pair);
  show("pairs, high", (uint32_t)(pair >> 32));
  show("guarded", guarded);
  put("done\n");
  return 0;
}
