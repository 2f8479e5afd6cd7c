/* Translation by short descriptors: each kind of descriptor, rights, domains, access flag, TEX remap, N and maintenance. */
#include "tables.h"

#define MIB 0x100000u
/* Virtual places, a MiB each, of what is tried; RAM from 0x40000000 and the console are mapped one to one. */
#define SECTIONS 0x60000000u
#define PAGES 0x70000000u
#define LARGE 0x70100000u
#define SUPER 0x80000000u
#define TARGET 0x41000000u
#define HIGH_HALF 0xc0000000u

static uint32_t first[4096] __attribute__((aligned(16384)));
static uint32_t low[4096] __attribute__((aligned(16384)));
static uint32_t small[256] __attribute__((aligned(1024)));
static uint32_t large[256] __attribute__((aligned(1024)));

#define SECTION 2u
#define TABLE 1u
#define FULL (3u << 10)
#define NORMAL ((1u << 12) | 0xc)
#define NEVER (1u << 4)
#define DOMAIN(n) ((n) << 5)

static void base(void) {
  for (uint32_t mib = 0; mib < 64; mib++) first[0x400 + mib] = (0x40000000 + mib * MIB) | SECTION | FULL | NORMAL;
  first[0x090] = 0x09000000 | SECTION | FULL | NEVER;
  for (int page = 0; page < 512; page++) ((uint32_t *)TARGET)[page * 1024] = RETURN_INSTRUCTION;
}

static void enable(uint32_t flags) {
  MCR(0, 2, 0, 2, 0);
  MCR(0, 2, 0, 0, first);
  MCR(0, 3, 0, 0, 0x55555555);
  flush();
  uint32_t control = MRC(0, 1, 0, 0);
  MCR(0, 1, 0, 0, (control & ~((1 << 29) | (1 << 28))) | 1 | flags);
}

static void sections(void) {
  for (uint32_t rights = 0; rights < 8; rights++)
    for (uint32_t never = 0; never < 4; never++) {
      char name[] = "section AP 000 XN 0 PXN 0";
      name_bits(name + 11, rights, 3);
      name_bits(name + 18, never & 1, 1);
      name_bits(name + 24, never >> 1, 1);
      if (rights == 4) continue;
      first[SECTIONS / MIB] = TARGET | SECTION | ((rights & 3) << 10) | ((rights >> 2) << 15) | ((never & 1) << 4) | (never >> 1) | NORMAL;
      flush();
      try_all(name, SECTIONS + 0x4000, 1);
    }
}

static void pages(void) {
  for (uint32_t rights = 0; rights < 8; rights++)
    for (uint32_t never = 0; never < 4; never++) {
      char name[] = "page AP 000 XN 0 PXN 0";
      name_bits(name + 8, rights, 3);
      name_bits(name + 15, never & 1, 1);
      name_bits(name + 21, never >> 1, 1);
      if (rights == 4) continue;
      first[PAGES / MIB] = (uint32_t)small | TABLE | ((never >> 1) << 2) | DOMAIN(3);
      small[5] = (TARGET + 0x9000) | 2 | ((rights & 3) << 4) | ((rights >> 2) << 9) | (never & 1) | (1 << 6) | 0xc;
      flush();
      try_all(name, PAGES + 0x5000, 1);
    }
  first[LARGE / MIB] = (uint32_t)large | TABLE;
  for (int at = 16; at < 32; at++) large[at] = (TARGET + 0x20000) | 1 | (3 << 4) | (1 << 12) | 0xc;
  flush();
  ((uint32_t *)TARGET)[0x2c004 / 4] = 0x1a46e;
  show("large page", load(LARGE + 0x1c004));
  large[28] = (TARGET + 0x20000) | 1 | (3 << 4) | (1 << 12) | 0xc | (1 << 15);
  flush();
  try_all("large page XN", LARGE + 0x1c000, 1);
}

static void supersections(void) {
  for (int at = 0; at < 16; at++) first[SUPER / MIB + at] = 0x41000000 | (1 << 18) | SECTION | FULL | NORMAL;
  ((uint32_t *)TARGET)[0x654320 / 4] = 0x5ec7;
  flush();
  show("supersection", load(SUPER + 0x654320));
  /* The same with bits 35-32 of the address set: there is no memory. */
  for (int at = 0; at < 16; at++) first[SUPER / MIB + at] |= 1 << 20;
  flush();
  try_all("supersection beyond 4 GiB", SUPER + 0x654320, 0);
}

static void faults(void) {
  first[SECTIONS / MIB] = 0;
  flush();
  try_all("first level invalid", SECTIONS, 1);
  first[PAGES / MIB] = (uint32_t)small | TABLE | DOMAIN(5);
  small[7] = 0;
  flush();
  try_all("second level invalid", PAGES + 0x7000, 1);
  first[PAGES / MIB] = 0x0b800000 | TABLE;
  flush();
  try_all("second level not in memory", PAGES + 0x7000, 0);
  first[SECTIONS / MIB] = TARGET | SECTION | NORMAL | DOMAIN(4);
  first[PAGES / MIB] = (uint32_t)small | TABLE | DOMAIN(4);
  small[5] = (TARGET + 0x9000) | 2 | 0x0c;
  for (uint32_t role = 0; role < 4; role++) {
    if (role == 2) continue;
    char name[] = "section in a domain of role 0";
    name[28] += role;
    MCR(0, 3, 0, 0, 0x55555555 ^ ((1 ^ role) << 8));
    try_all(name, SECTIONS, 1);
    name[0] = 'p', name[1] = 'a', name[2] = 'g', name[3] = 'e', name[4] = ' ', name[5] = ' ', name[6] = ' ';
    try_all(name, PAGES + 0x5000, 1);
  }
  MCR(0, 3, 0, 0, 0x55555555);
}

static void access_flag(void) {
  MCR(0, 1, 0, 0, MRC(0, 1, 0, 0) | (1 << 29));
  for (uint32_t mib = 0; mib < 64; mib++) first[0x400 + mib] = (0x40000000 + mib * MIB) | SECTION | (3 << 10) | NORMAL;
  for (uint32_t rights = 0; rights < 8; rights++) {
    char name[] = "access flag, AP 000";
    name_bits(name + 16, rights, 3);
    first[SECTIONS / MIB] = TARGET | SECTION | ((rights & 3) << 10) | ((rights >> 2) << 15) | NORMAL;
    small[5] = (TARGET + 0x9000) | 2 | ((rights & 3) << 4) | ((rights >> 2) << 9) | (1 << 6) | 0xc;
    first[PAGES / MIB] = (uint32_t)small | TABLE | DOMAIN(3);
    flush();
    try_all(name, SECTIONS, 1);
    try_all(name, PAGES + 0x5000, 1);
  }
  MCR(0, 1, 0, 0, MRC(0, 1, 0, 0) & ~(1 << 29));
}

/* TTBR0 translates what is below 2^(32 - N), TTBR1 the rest. */
static void two_tables(void) {
  for (int at = 0; at < 4096; at++) low[at] = first[at];
  first[HIGH_HALF / MIB] = TARGET | SECTION | FULL | NORMAL;
  low[HIGH_HALF / MIB] = 0;
  low[SECTIONS / MIB] = TARGET | SECTION | FULL | NORMAL;
  MCR(0, 2, 0, 1, first);
  MCR(0, 2, 0, 0, low);
  MCR(0, 2, 0, 2, 1);
  flush();
  ((uint32_t *)TARGET)[0x100 / 4] = 0x0771;
  show("N = 1, TTBR0", load(SECTIONS + 0x100));
  show("N = 1, TTBR1", load(HIGH_HALF + 0x100));
  MCR(0, 2, 0, 2, 0);
  MCR(0, 2, 0, 0, first);
  flush();
}

/* What the TLB holds is seen until it is invalidated; the tables are seen afterwards. */
static void maintenance(void) {
  first[PAGES / MIB] = (uint32_t)small | TABLE;
  for (int at = 0; at < 4; at++) small[at] = (TARGET + at * 0x1000) | 2 | (3 << 4) | (1 << 6) | 0xc | (at & 1 ? 1 << 11 : 0);
  for (int at = 0; at < 8; at++) ((uint32_t *)TARGET)[at * 1024 + 1] = 0x100 + at;
  MCR(0, 13, 0, 1, 7);
  flush();
  for (int at = 0; at < 4; at++) load(PAGES + at * 0x1000 + 4);
  for (int at = 0; at < 4; at++) small[at] += 0x4000;
  BARRIER();
  MCR(0, 8, 7, 1, PAGES | 7);
  MCR(0, 8, 7, 1, (PAGES + 0x1000) | 7);
  MCR(0, 8, 7, 3, PAGES + 0x2000);
  MCR(0, 8, 7, 2, 7);
  BARRIER();
  for (int at = 0; at < 4; at++) show("behind invalidation", load(PAGES + at * 0x1000 + 4));
  /* Two address spaces with ASIDs and a global page between them. */
  for (int space = 1; space < 3; space++) {
    small[1] = (TARGET + space * 0x1000) | 2 | (3 << 4) | (1 << 6) | 0xc | (1 << 11);
    MCR(0, 13, 0, 1, space);
    MCR(0, 8, 7, 2, space);
    BARRIER();
    show("space", load(PAGES + 0x1004));
  }
}

static void misaligned(void) {
  uint32_t word = TARGET + 0x8000;
  for (uint32_t value = 0; value < 4; value++) ((uint32_t *)word)[value] = 0x01020304 * (value + 1);
  trap_count = 0;
  show("misaligned in Normal memory", load(word + 1));
  show("misaligned across pages", load(word + 0x1ffe - 0x1000));
  show_trap("misaligned");
}

static void translate(void) {
  first[SECTIONS / MIB] = TARGET | SECTION | FULL | NORMAL;
  first[PAGES / MIB] = (uint32_t)small | TABLE;
  small[2] = (TARGET + 0x2000) | 2 | (1 << 4) | (1 << 9);
  small[7] = 0;
  flush();
  MCR(0, 7, 8, 0, SECTIONS + 0x12345);
  show("PAR of a section, address", MRC(0, 7, 4, 0) & 0xfffff001);
  MCR(0, 7, 8, 1, PAGES + 0x2000);
  show("PAR of a write that is not permitted", MRC(0, 7, 4, 0));
  MCR(0, 7, 8, 2, PAGES + 0x2000);
  show("PAR of a user's read", MRC(0, 7, 4, 0));
  MCR(0, 7, 8, 0, PAGES + 0x7000);
  show("PAR of nothing", MRC(0, 7, 4, 0));
}

int main(void) {
  base();
  enable(0);
  sections();
  pages();
  supersections();
  faults();
  access_flag();
  two_tables();
  maintenance();
  misaligned();
  translate();
  put("done\n");
  return 0;
}
