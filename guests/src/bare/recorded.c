/*
 * Does between its markers each thing that a recording of a machine has an event for, a known number of times; what it does is
 * counted in test/tracegen/machine-trace.test.ts. With a second core, the two wait for each other.
 */
#include "bare.h"

#define MARKER(number) __asm__ volatile("dbg #" #number ::: "memory")

static volatile uint32_t *word(uint32_t address) { return (volatile uint32_t *)address; }
#define GICD(offset) (*word(0x08000000 + (offset)))
#define GICC(offset) (*word(0x08010000 + (offset)))
#define RTC (*word(0x09010000))
enum { CTLR = 0, ISENABLER = 0x100, SGIR = 0xf00, PMR = 4, IAR = 0xc, EOIR = 0x10 };

/* Sections for RAM and devices, one of small pages of one ASID for what is mapped and unmapped here. */
static uint32_t first[4096] __attribute__((aligned(16384)));
static uint32_t second[256] __attribute__((aligned(1024)));
#define PAGES 0x60000000u
#define TARGET 0x42000000u
#define UNMAPPED (PAGES + 0x80000)

#define SECTION 0x0c0au /* read and write at PL1 and PL0, and with the bits of Normal memory */
#define DEVICE_SECTION 0x0c06u
#define SMALL_PAGE 0x083au /* the same, not global */

static void enable(void) {
  for (uint32_t at = 0x400; at < 0x440; at++) first[at] = at << 20 | SECTION;
  for (uint32_t at = 0x080; at < 0x0a1; at++) first[at] = at << 20 | DEVICE_SECTION;
  first[PAGES >> 20] = (uint32_t)second | 1;
  for (uint32_t page = 0; page < 4; page++) second[page] = (TARGET + page * 0x1000) | SMALL_PAGE;
  MCR(0, 3, 0, 0, 1);
  MCR(0, 2, 0, 2, 0);
  MCR(0, 2, 0, 0, first);
  MCR(0, 13, 0, 1, 1);
  BARRIER();
  MCR(0, 8, 7, 0, 0);
  MCR(0, 1, 0, 0, MRC(0, 1, 0, 0) | 1);
}

/* An interrupt is acknowledged and ended, the virtual timer turned off; other exceptions are the runtime's. */
__asm__(".balign 32\nown_vectors:\n\tb .\n\tldr pc, =vectors + 4\n\tldr pc, =vectors + 8\n\tldr pc, =vectors + 12\n\tldr pc, =vectors + 16\n\tb .\n\t"
        "b 1f\n\tb .\n1:\tpush {r0, r1, r2}\n\tldr r1, =0x08010000\n\tldr r2, [r1, #12]\n\tmov r0, #0\n\tmcr p15, 0, r0, c14, c3, 1\n\t"
        "str r2, [r1, #16]\n\tpop {r0, r1, r2}\n\tsubs pc, lr, #4\n\t.ltorg\n");
extern char own_vectors[];

static uint32_t firmware(uint32_t function, uint32_t a, uint32_t b, uint32_t c) {
  register uint32_t r0 __asm__("r0") = function, r1 __asm__("r1") = a, r2 __asm__("r2") = b, r3 __asm__("r3") = c;
  __asm__ volatile(".arch_extension virt\n\thvc #0" : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)::"memory");
  return r0;
}

/* Waits until an interrupt is pending, then takes it. */
static void take_interrupt(void) { __asm__ volatile("wfi\n\tcpsie i\n\tnop\n\tnop\n\tcpsid i" ::: "memory"); }

static void translations(void) {
  for (uint32_t round = 0; round < 2; round++)
    for (uint32_t page = 0; page < 3; page++) *word(PAGES + page * 0x1000) = page;
  MCR(0, 8, 7, 1, PAGES | 1);
  *word(PAGES) = 1;
  MCR(0, 8, 7, 2, 1);
  *word(PAGES) = 2;
  MCR(0, 8, 3, 3, PAGES);
  *word(PAGES) = 3;
  second[0] = (TARGET + 0x3000) | SMALL_PAGE;
  MCR(0, 8, 7, 1, PAGES | 1);
  *word(PAGES) = 4;
}

static void exceptions(void) {
  for (int call = 0; call < 3; call++) __asm__ volatile("svc #5" ::: "lr", "memory");
  *word(UNMAPPED);
}

static void devices(void) {
  for (int character = 0; character < 4; character++) *word(0x09000000) = '.';
  RTC;
  GICD(ISENABLER);
}

static void waits(void) {
  MCR(0, 14, 3, 0, 1000);
  MCR(0, 14, 3, 1, 1);
  take_interrupt();
  __asm__ volatile("sev\n\twfe" ::: "memory");
}

static volatile uint32_t shared __attribute__((aligned(64))), ready;

static void increment(void) {
  uint32_t failed, value;
  do {
    __asm__ volatile("ldrex %0, [%2]\n\tadd %0, %0, #1\n\tstrex %1, %0, [%2]"
                     : "=&r"(value), "=&r"(failed)
                     : "r"(&shared)
                     : "memory");
  } while (failed);
}

static void enable_interrupts(void) {
  MCR(0, 12, 0, 0, own_vectors);
  GICC(PMR) = 0xf8;
  GICC(CTLR) = 1;
}

static uint32_t stack[512] __attribute__((aligned(8)));
void other_core(void);
__asm__("other_core:\n\tmov sp, r0\n\tbl other_main\n1:\twfi\n\tb 1b\n");
void other_main(void) {
  enable();
  enable_interrupts();
  ready = 1;
  /* The first core's SEV ends this wait, and its own SGI that core's. */
  __asm__ volatile("wfe" ::: "memory");
  increment();
  GICD(SGIR) = 0x00010003;
}

int main(void) {
  enable();
  enable_interrupts();
  GICD(CTLR) = 1;
  GICD(ISENABLER) = 1u << 27 | 8;
  uint32_t cores = firmware(0x84000004, 1, 0, 0) == 1 ? 2 : 1;
  if (cores == 2) {
    firmware(0x84000003, 1, (uint32_t)other_core, (uint32_t)(stack + 512));
    while (!ready) __asm__ volatile("yield" ::: "memory");
  }
  MARKER(1);
  increment();
  MARKER(2);
  translations();
  exceptions();
  devices();
  waits();
  MRC(0, 1, 0, 1);
  firmware(0x84000000, 0, 0, 0);
  MCR(0, 13, 0, 1, 2);
  MCR(0, 13, 0, 1, 1);
  if (cores == 2) {
    __asm__ volatile("sev" ::: "memory");
    take_interrupt();
    increment();
  }
  MARKER(3);
  show("shared", shared);
  put("done\n");
  return 0;
}
