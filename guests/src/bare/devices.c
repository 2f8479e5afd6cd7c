/* The devices of a board as their registers show them: interrupt controller, timers, UART, clock, firmware, empty virtio. */
#include "bare.h"

static volatile uint32_t *word(uint32_t address) { return (volatile uint32_t *)address; }
static volatile uint8_t *byte(uint32_t address) { return (volatile uint8_t *)address; }

#define GICD(offset) (*word(0x08000000 + (offset)))
#define GICD_BYTE(offset) (*byte(0x08000000 + (offset)))
#define GICC(offset) (*word(0x08010000 + (offset)))
#define UART(offset) (*word(0x09000000 + (offset)))
#define RTC(offset) (*word(0x09010000 + (offset)))

enum { CTLR = 0, TYPER = 4, IGROUPR = 0x80, ISENABLER = 0x100, ICENABLER = 0x180, ISPENDR = 0x200, ICPENDR = 0x280 };
enum { ISACTIVER = 0x300, ICACTIVER = 0x380, IPRIORITYR = 0x400, ITARGETSR = 0x800, ICFGR = 0xc00, SGIR = 0xf00 };
enum { CPENDSGIR = 0xf10, SPENDSGIR = 0xf20 };
enum { PMR = 4, BPR = 8, IAR = 0xc, EOIR = 0x10, RPR = 0x14, HPPIR = 0x18, DIR = 0x1000 };

static uint32_t acknowledge(const char *name) {
  uint32_t id = GICC(IAR);
  show(name, id);
  return id;
}

static void state(const char *name, uint32_t id) {
  uint32_t bit = 1u << (id % 32), at = id / 32 * 4;
  put(name);
  put(GICD(ISENABLER + at) & bit ? " enabled" : " disabled");
  put(GICD(ISPENDR + at) & bit ? " pending" : "");
  put(GICD(ISACTIVER + at) & bit ? " active" : "");
  put("\n");
}

static void set(uint32_t what, uint32_t id) { GICD(what + id / 32 * 4) = 1u << (id % 32); }

static void one_interrupt(uint32_t id, uint32_t edge) {
  GICD(ICFGR + id / 16 * 4) = edge << (id % 16 * 2 + 1);
  put(edge ? "edge\n" : "level\n");
  state("at first", id);
  set(ISPENDR, id);
  state("made pending", id);
  show("highest pending while disabled", GICC(HPPIR));
  set(ISENABLER, id);
  show("highest pending", GICC(HPPIR));
  acknowledge("acknowledged");
  state("then", id);
  set(ISPENDR, id);
  state("pending again", id);
  acknowledge("while active");
  GICC(EOIR) = id;
  state("ended", id);
  GICC(EOIR) = acknowledge("again");
  acknowledge("nothing left");
  set(ISPENDR, id);
  set(ICPENDR, id);
  state("cleared", id);
  set(ISACTIVER, id);
  set(ISPENDR, id);
  acknowledge("made active");
  set(ICACTIVER, id);
  GICC(EOIR) = acknowledge("made inactive");
  set(ICENABLER, id);
  state("at last", id);
}

static void priorities(void) {
  GICD_BYTE(IPRIORITYR + 40) = 0xa0;
  GICD_BYTE(IPRIORITYR + 41) = 0x40;
  GICD_BYTE(IPRIORITYR + 42) = 0x40;
  show("priorities", GICD(IPRIORITYR + 40));
  for (uint32_t id = 40; id < 43; id++) set(ISENABLER, id);
  for (uint32_t id = 40; id < 43; id++) set(ISPENDR, id);
  GICC(PMR) = 0x40;
  acknowledge("masked");
  GICC(PMR) = 0x48;
  acknowledge("first");
  show("running", GICC(RPR));
  acknowledge("no preemption by an equal");
  GICC(EOIR) = 41;
  GICC(EOIR) = acknowledge("second");
  GICC(PMR) = 0xf8;
  acknowledge("third");
  show("running", GICC(RPR));
  set(ISPENDR, 41);
  acknowledge("preempts");
  show("running", GICC(RPR));
  GICC(EOIR) = 41;
  show("running", GICC(RPR));
  GICC(EOIR) = 40;
  show("running", GICC(RPR));
  for (uint32_t id = 40; id < 43; id++) set(ICENABLER, id);
}

static void software_interrupts(void) {
  show("SGI enables", GICD(ISENABLER) & 0xffff);
  GICD(SGIR) = 0x02000005;
  show("sender set", GICD_BYTE(SPENDSGIR + 5));
  GICC(EOIR) = acknowledge("to myself");
  GICD(SGIR) = 0x00010003;
  GICC(EOIR) = acknowledge("by list");
  GICD(SGIR) = 0x01000003;
  acknowledge("to all others");
  GICD_BYTE(SPENDSGIR + 7) = 1;
  show("set pending", GICD(ISPENDR) & 0xffff);
  GICD_BYTE(CPENDSGIR + 7) = 1;
  show("cleared", GICD(ISPENDR) & 0xffff);
}

static void split_end(void) {
  set(ISENABLER, 40);
  GICC(CTLR) = 0x201;
  set(ISPENDR, 40);
  uint32_t id = acknowledge("split");
  GICC(EOIR) = id;
  show("running", GICC(RPR));
  state("dropped", 40);
  GICC(DIR) = id;
  state("deactivated", 40);
  GICC(CTLR) = 1;
  set(ICENABLER, 40);
}

static void groups(void) {
  GICD(CTLR) = 3;
  GICC(CTLR) = 3;
  GICD(IGROUPR + 4) = 1 << 8;
  set(ISENABLER, 40);
  set(ISPENDR, 40);
  acknowledge("of group 1, by IAR");
  GICC(CTLR) = 7;
  GICC(EOIR) = acknowledge("with AckCtl");
  GICD(IGROUPR + 4) = 0;
  GICC(CTLR) = 1;
  GICD(CTLR) = 1;
  set(ICENABLER, 40);
}

static void interrupts(void) {
  GICD(CTLR) = 1;
  GICC(PMR) = 0xf8;
  GICC(CTLR) = 1;
  show("GICD_TYPER", GICD(TYPER));
  show("GICD_ITARGETSR", GICD(ITARGETSR + 32));
  one_interrupt(40, 0);
  one_interrupt(40, 1);
  GICD(ICFGR + 8) = 0;
  priorities();
  software_interrupts();
  split_end();
  groups();
}

static uint64_t count(void) {
  uint64_t value;
  __asm__ volatile("isb\n\tmrrc p15, 1, %Q0, %R0, c14" : "=r"(value)::"memory");
  return value;
}

static void set_compare(uint64_t value) {
  __asm__ volatile("mcrr p15, 3, %Q0, %R0, c14\n\tisb" ::"r"(value) : "memory");
}

static void timer(void) {
  show("CNTFRQ", MRC(0, 14, 0, 0));
  uint64_t first = count();
  for (int i = 0; i < 1000; i++) __asm__ volatile("");
  show("the counter goes on", count() > first);
  show("CNTV_CTL", MRC(0, 14, 3, 1));
  set(ISENABLER, 27);
  set_compare(count() + 1000000000ull);
  MCR(0, 14, 3, 1, 1);
  show("not due", MRC(0, 14, 3, 1));
  state("its line", 27);
  MCR(0, 14, 3, 0, 0xffffffff);
  show("a timer value of -1 is due", MRC(0, 14, 3, 1));
  state("its line", 27);
  acknowledge("its interrupt");
  state("active", 27);
  MCR(0, 14, 3, 1, 3);
  show("masked", MRC(0, 14, 3, 1));
  state("its line", 27);
  GICC(EOIR) = 27;
  acknowledge("after its end");
  MCR(0, 14, 3, 1, 1);
  GICC(EOIR) = acknowledge("unmasked");
  MCR(0, 14, 3, 1, 0);
  show("off", MRC(0, 14, 3, 1));
  acknowledge("nothing");
  MCR(0, 14, 2, 0, 0);
  MCR(0, 14, 2, 1, 1);
  show("the physical one", MRC(0, 14, 2, 1));
  set(ISENABLER, 30);
  GICC(EOIR) = acknowledge("its interrupt");
  MCR(0, 14, 2, 1, 0);
  MCR(0, 14, 3, 0, 1000000);
  uint32_t left = MRC(0, 14, 3, 0);
  show("a timer value counts down", left > 900000 && left <= 1000000);
}

static void uart(void) {
  show("UARTFR", UART(0x18));
  show("UARTIFLS", UART(0x34));
  UART(0x44) = 0x7ff;
  show("UARTRIS", UART(0x3c));
  UART(0x38) = 0x20;
  put("x\n");
  show("after a character", UART(0x40));
  UART(0x44) = 0x20;
  uint32_t cleared = UART(0x40);
  UART(0x38) = 0;
  show("cleared", cleared);
  UART(0x24) = 0x2345;
  UART(0x28) = 0x2a;
  show("UARTIBRD", UART(0x24));
  show("UARTFBRD", UART(0x28));
  for (uint32_t offset = 0xfe0; offset < 0x1000; offset += 4) show("id", UART(offset));
}

static void clock(void) {
  RTC(8) = 1000;
  show("RTCDR", RTC(0));
  show("RTCLR", RTC(8));
  show("RTCCR", RTC(12));
  show("RTCRIS", RTC(20));
  for (uint32_t offset = 0xfe0; offset < 0x1000; offset += 4) show("id", RTC(offset));
}

static uint32_t firmware(uint32_t function, uint32_t a, uint32_t b) {
  register uint32_t r0 __asm__("r0") = function;
  register uint32_t r1 __asm__("r1") = a;
  register uint32_t r2 __asm__("r2") = b;
  register uint32_t r3 __asm__("r3") = 0;
  __asm__ volatile("hvc #0" : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)::"memory");
  return r0;
}

static void psci(void) {
  show("PSCI_VERSION", firmware(0x84000000, 0, 0));
  show("MIGRATE", firmware(0x84000005, 0, 0));
  show("MIGRATE_INFO_TYPE", firmware(0x84000006, 0, 0));
  show("AFFINITY_INFO", firmware(0x84000004, 0, 0));
  show("of nobody", firmware(0x84000004, 1, 0));
  show("CPU_ON of myself", firmware(0x84000003, 0, 0x40000000));
  show("of nobody", firmware(0x84000003, 1, 0x40000000));
  show("has CPU_ON", firmware(0x8400000a, 0x84000003, 0));
  show("has SYSTEM_OFF", firmware(0x8400000a, 0x84000008, 0));
  show("has MIGRATE", firmware(0x8400000a, 0x84000005, 0));
  show("has SMCCC_VERSION", firmware(0x8400000a, 0x80000000, 0));
}

static void virtio(void) {
  for (uint32_t slot = 0x0a000000; slot < 0x0a004000; slot += 0x3e00)
    for (uint32_t offset = 0; offset < 16; offset += 4) show("virtio", *word(slot + offset));
}

int main(void) {
  interrupts();
  timer();
  uart();
  clock();
  psci();
  virtio();
  return 0;
}
