/* Translation by long descriptors: levels, rights, hierarchical control, regions of TTBR0 and TTBR1, ASIDs and maintenance. */
#include "tables.h"

#define TARGET 0x41000000u
#define BLOCKS 0x60000000u
#define PAGES 0x70000000u
#define GIGABYTE 0x80000000u

typedef uint64_t descriptor;

static descriptor first[4] __attribute__((aligned(4096)));
static descriptor high[4] __attribute__((aligned(4096)));
/* Second levels of the second gibibyte, and of the first, with the console. */
static descriptor second[512] __attribute__((aligned(4096)));
static descriptor devices[512] __attribute__((aligned(4096)));
static descriptor third[512] __attribute__((aligned(4096)));
static descriptor other[512] __attribute__((aligned(4096)));

#define BLOCK 1u
#define TABLE 3u
#define PAGE 3u
#define AF (1u << 10)
#define NOT_GLOBAL (1u << 11)
#define RIGHTS(ap) ((ap) << 6)
#define NORMAL (1u << 2)
#define UPPER(bit) ((descriptor)1 << (bit))
#define PXN UPPER(53)
#define XN UPPER(54)

static void set_table(int number, descriptor *table, uint32_t asid) {
  uint32_t upper = asid << 16;
  if (number)
    __asm__ volatile("mcrr p15, 1, %0, %1, c2\n\tisb" ::"r"(table), "r"(upper) : "memory");
  else
    __asm__ volatile("mcrr p15, 0, %0, %1, c2\n\tisb" ::"r"(table), "r"(upper) : "memory");
}

#define MAIN_CONTROL 0x80000000u

static void enable(void) {
  for (int at = 0; at < 32; at++) second[at] = (0x40000000u + at * 0x200000u) | BLOCK | AF | NORMAL | RIGHTS(1);
  devices[0x48] = 0x09000000u | BLOCK | AF | (2u << 2) | RIGHTS(1) | XN;
  first[0] = (uint32_t)devices | TABLE;
  first[1] = (uint32_t)second | TABLE;
  for (int page = 0; page < 1024; page++) ((uint32_t *)TARGET)[page * 1024] = RETURN_INSTRUCTION;
  /* Attributes 0 Strongly-ordered, 1 write-back, 2 Device. */
  MCR(0, 10, 2, 0, 0x0004ff00);
  MCR(0, 10, 2, 1, 0);
  MCR(0, 2, 0, 2, MAIN_CONTROL);
  set_table(0, first, 0);
  flush();
  MCR(0, 1, 0, 0, MRC(0, 1, 0, 0) | 1);
}

static void rights(void) {
  first[1] = (uint32_t)second | TABLE;
  for (uint32_t ap = 0; ap < 4; ap++)
    for (uint32_t never = 0; never < 4; never++) {
      char name[] = "block AP 00 XN 0 PXN 0";
      name_bits(name + 9, ap, 2);
      name_bits(name + 15, never & 1, 1);
      name_bits(name + 21, never >> 1, 1);
      descriptor upper = (never & 1 ? XN : 0) | (never & 2 ? PXN : 0);
      second[256] = TARGET | BLOCK | AF | NORMAL | RIGHTS(ap) | upper;
      flush();
      try_all(name, BLOCKS + 0x123000, 1);
      name[0] = ' ', name[1] = 'p', name[2] = 'a', name[3] = 'g', name[4] = 'e';
      second[384] = (uint32_t)third | TABLE;
      third[9] = (TARGET + 0x9000) | PAGE | AF | NORMAL | RIGHTS(ap) | upper;
      flush();
      try_all(name, PAGES + 0x9000, 1);
    }
  first[2] = 0x40000000u | BLOCK | AF | NORMAL | RIGHTS(1);
  ((uint32_t *)TARGET)[0x234568 / 4] = 0x91b1;
  flush();
  show("block of a gibibyte", load(GIGABYTE + 0x1234568));
  first[2] |= UPPER(36);
  flush();
  try_all("block beyond 32 bits", GIGABYTE + 0x1234568, 0);
}

static void hierarchy(void) {
  third[9] = (TARGET + 0x9000) | PAGE | AF | NORMAL | RIGHTS(1);
  for (uint32_t limits = 0; limits < 16; limits++) {
    char name[] = "table AP 00 XN 0 PXN 0";
    name_bits(name + 9, limits >> 2, 2);
    name_bits(name + 15, (limits >> 1) & 1, 1);
    name_bits(name + 21, limits & 1, 1);
    second[384] = (uint32_t)third | TABLE | ((descriptor)limits << 59);
    flush();
    try_all(name, PAGES + 0x9000, 1);
  }
  second[384] = (uint32_t)third | TABLE;
}

static void faults(void) {
  first[3] = 0;
  second[256] = 0;
  third[9] = 0;
  third[10] = (TARGET + 0x9000) | BLOCK | AF | NORMAL | RIGHTS(1);
  third[11] = (TARGET + 0x9000) | PAGE | NORMAL | RIGHTS(1);
  second[257] = TARGET | BLOCK | NORMAL | RIGHTS(1);
  second[385] = 0x0b800000u | TABLE;
  flush();
  try_all("first level invalid", 0xc0000000u, 1);
  try_all("second level invalid", BLOCKS, 1);
  try_all("third level invalid", PAGES + 0x9000, 1);
  try_all("third level reserved", PAGES + 0xa000, 1);
  try_all("no access flag in a page", PAGES + 0xb000, 1);
  try_all("no access flag in a block", BLOCKS + 0x200000, 1);
  try_all("third level not in memory", PAGES + 0x200000, 0);
  trap_count = 0;
  __asm__ volatile("ldm %0, {r2, r3}" ::"r"(TARGET + 2) : "r2", "r3");
  show_trap("misaligned LDM");
  trap_count = 0;
  load(0x0b800000);
  show_trap("nothing mapped there");
}

/* T0SZ and T1SZ: what regions there are, and what lies between them. */
static void regions(void) {
  static const struct {
    uint32_t size0, size1;
  } SIZES[] = {{0, 0}, {1, 0}, {0, 1}, {1, 1}, {0, 2}, {1, 2}, {1, 3}};
  static const uint32_t PLACES[] = {0x41000100u, 0x81000100u, 0xc1000100u, 0xe1000100u, 0xf1000100u};
  *(uint32_t *)(TARGET + 0x100) = 0x0e61;
  *(uint32_t *)(TARGET + 0x200100) = 0x0e62;
  for (int at = 0; at < 4; at++) high[at] = (uint32_t)other | TABLE;
  for (int at = 0; at < 512; at++) other[at] = (TARGET + 0x200000) | BLOCK | AF | NORMAL | RIGHTS(1);
  first[2] = 0;
  for (unsigned at = 0; at < sizeof SIZES / sizeof *SIZES; at++) {
    /* A table of TTBR1 begins at its second level when the region is a gibibyte or less. */
    set_table(1, SIZES[at].size1 >= 2 ? other : high, 0);
    MCR(0, 2, 0, 2, MAIN_CONTROL | SIZES[at].size0 | (SIZES[at].size1 << 16));
    flush();
    put("T0SZ ");
    put_hex(SIZES[at].size0);
    put(" T1SZ ");
    put_hex(SIZES[at].size1);
    for (unsigned place = 0; place < 5; place++) {
      trap_count = 0;
      uint32_t value = load(PLACES[place]);
      put(trap_count ? " fault " : " ");
      put_hex(trap_count ? trap.fault_status : value);
    }
    put("\n");
  }
  MCR(0, 2, 0, 2, MAIN_CONTROL | 1 | (1 << 23));
  flush();
  trap_count = 0;
  load(0x81000100u);
  show_trap("EPD1");
  MCR(0, 2, 0, 2, MAIN_CONTROL);
  flush();
}

/* The space of PL0 changes with ASID 1 and 2; a global page stays. A descriptor is made valid without invalidation. */
static void spaces(void) {
  static descriptor tables[2][4] __attribute__((aligned(4096)));
  static descriptor seconds[2][512] __attribute__((aligned(4096)));
  static descriptor thirds[2][512] __attribute__((aligned(4096)));
  for (int space = 0; space < 2; space++) {
    for (int at = 0; at < 4; at++) tables[space][at] = first[at];
    for (int at = 0; at < 512; at++) seconds[space][at] = second[at];
    tables[space][1] = (uint32_t)seconds[space] | TABLE;
    seconds[space][384] = (uint32_t)thirds[space] | TABLE;
    thirds[space][1] = (TARGET + 0x1000 * (space + 1)) | PAGE | AF | NOT_GLOBAL | NORMAL | RIGHTS(1);
    thirds[space][2] = (TARGET + 0x5000) | PAGE | AF | NORMAL | RIGHTS(1);
    *(uint32_t *)(TARGET + 0x1004 + 0x1000 * space) = 0xa0 + space;
  }
  *(uint32_t *)(TARGET + 0x5004) = 0x5ade;
  flush();
  for (int turn = 0; turn < 4; turn++) {
    set_table(0, tables[turn & 1], (turn & 1) + 1);
    show("local", load(PAGES + 0x1004));
    show("global", load(PAGES + 0x2004));
  }
  trap_count = 0;
  load(PAGES + 0x3004);
  show_trap("not yet valid");
  thirds[1][3] = (TARGET + 0x5000) | PAGE | AF | NOT_GLOBAL | NORMAL | RIGHTS(2);
  BARRIER();
  show("valid without invalidation", load(PAGES + 0x3004));
  trap_count = 0;
  store(PAGES + 0x3004, 1);
  show_trap("read-only");
  thirds[1][3] = (TARGET + 0x5000) | PAGE | AF | NOT_GLOBAL | NORMAL | RIGHTS(0);
  BARRIER();
  MCR(0, 8, 7, 1, (PAGES + 0x3000) | 2);
  BARRIER();
  trap_count = 0;
  store(PAGES + 0x3004, 0x1234);
  show_trap("writable");
  show("written", load(PAGES + 0x2004));
  thirds[1][1] = (TARGET + 0x5000) | PAGE | AF | NOT_GLOBAL | NORMAL | RIGHTS(1);
  BARRIER();
  MCR(0, 8, 3, 2, 2);
  BARRIER();
  show("behind TLBIASIDIS", load(PAGES + 0x1004));
  seconds[1][256] = (TARGET + 0x200000) | BLOCK | AF | NORMAL | RIGHTS(1);
  BARRIER();
  *(uint32_t *)(TARGET + 0x3f0004) = 0xb10c;
  show("a block", load(BLOCKS + 0x1f0004));
  seconds[1][256] = TARGET | BLOCK | AF | NORMAL | RIGHTS(1);
  *(uint32_t *)(TARGET + 0x1f0004) = 0xb10d;
  BARRIER();
  MCR(0, 8, 3, 3, BLOCKS);
  BARRIER();
  show("behind TLBIMVAAIS elsewhere in it", load(BLOCKS + 0x1f0004));
  set_table(0, first, 0);
  flush();
}

static void never_writable(void) {
  second[256] = TARGET | BLOCK | AF | NORMAL | RIGHTS(1);
  second[0x10 / 2] = 0x41000000u | BLOCK | AF | NORMAL | RIGHTS(1);
  uint32_t control = MRC(0, 1, 0, 0);
  /* UWXN bars PL1 from what PL0 may write; this code itself must then be PL1's alone. */
  for (int at = 0; at < 8; at++) second[at] = (0x40000000u + at * 0x200000u) | BLOCK | AF | NORMAL | RIGHTS(0);
  flush();
  MCR(0, 1, 0, 0, control | (1 << 20));
  flush();
  try_all("UWXN", BLOCKS + 0x1000, 0);
  MCR(0, 1, 0, 0, control);
  flush();
}

static void translate(void) {
  uint32_t low, upper;
  MCR(0, 7, 8, 0, BLOCKS + 0x12345);
  __asm__ volatile("mrrc p15, 0, %0, %1, c7" : "=r"(low), "=r"(upper));
  show("PAR", low & 0xfffff001);
  show("PAR, attributes", upper);
  MCR(0, 7, 8, 1, 0xc0000000u);
  __asm__ volatile("mrrc p15, 0, %0, %1, c7" : "=r"(low), "=r"(upper));
  show("PAR of nothing", low & 0x8ff);
}

int main(void) {
  enable();
  rights();
  hierarchy();
  faults();
  regions();
  spaces();
  never_writable();
  translate();
  put("done\n");
  return 0;
}
