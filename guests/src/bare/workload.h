/*
 * What the bare-metal programs that are measured share: numbers from the command line, memory as a kernel maps it, marks,
 * firmware. Loaders hand the command line over in a device tree (Devicetree Specification 0.3, 5): in r2, as to a kernel, or
 * at the start of RAM, as QEMU does for a program that is none.
 */
#pragma once
#include "bare.h"

#define MARKER(number) __asm__ volatile("dbg #" #number ::: "memory")
#define RAM 0x40000000u

static inline volatile uint32_t *word_at(uint32_t address) { return (volatile uint32_t *)address; }

enum { TREE_MAGIC = 0xd00dfeed, BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, SKIPPED = 4 };

/* 32 bits of a device tree, which is big-endian; anywhere, for strings end where they like. */
static inline uint32_t tree_word(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}
static inline int is_same(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}
static inline const uint8_t *aligned(const uint8_t *at) { return (const uint8_t *)(((uint32_t)at + 3) & ~3u); }

/* The command line, or null. */
static inline const char *command_line(uint32_t given) {
  const uint8_t *tree = (const uint8_t *)(given ? given : RAM);
  if (tree_word(tree) != TREE_MAGIC) return 0;
  const uint8_t *at = tree + tree_word(tree + 8);
  const char *names = (const char *)tree + tree_word(tree + 12);
  for (;;) {
    uint32_t token = tree_word(at);
    at += 4;
    if (token == BEGIN_NODE) {
      while (*at) at++;
      at = aligned(at + 1);
    } else if (token == PROPERTY) {
      if (is_same(names + tree_word(at + 4), "bootargs")) return (const char *)at + 8;
      at = aligned(at + 8 + tree_word(at));
    } else if (token != END_NODE && token != SKIPPED) {
      return 0;
    }
  }
}

/* Whether the command line is `count` decimal numbers with spaces between them; says what is needed otherwise. */
static inline int read_numbers(uint32_t tree, uint32_t *numbers, int count, const char *usage) {
  const char *at = command_line(tree);
  int found = 0;
  while (at && found < count && *at >= '0' && *at <= '9') {
    uint32_t value = 0;
    for (; *at >= '0' && *at <= '9'; at++) value = value * 10 + (*at - '0');
    numbers[found++] = value;
    while (*at == ' ') at++;
  }
  if (found == count && !*at) return 1;
  put("the command line must be: ");
  put(usage);
  put("\n");
  return 0;
}

static uint32_t sections[4096] __attribute__((aligned(16384)));
/* Normal memory, write-back and write-allocate, shared; devices. Both read and write at PL1 and PL0. */
#define NORMAL_SECTION 0x11c0eu
#define DEVICE_SECTION 0x00c06u

/* Of this core: RAM and devices one to one, with caches and branch prediction. The first core fills the table. */
static inline void enable_memory(int fill) {
  if (fill) {
    for (uint32_t at = RAM >> 20; at < (RAM >> 20) + 64; at++) sections[at] = at << 20 | NORMAL_SECTION;
    for (uint32_t at = 0x080; at < 0x0a1; at++) sections[at] = at << 20 | DEVICE_SECTION;
  }
  MCR(0, 3, 0, 0, 1);
  MCR(0, 2, 0, 2, 0);
  MCR(0, 2, 0, 0, (uint32_t)sections | 0x4a);
  BARRIER();
  MCR(0, 8, 7, 0, 0);
  MCR(0, 7, 5, 0, 0);
  BARRIER();
  MCR(0, 1, 0, 0, MRC(0, 1, 0, 0) | 0x1805);
  BARRIER();
}

/* Two instructions an iteration. */
static inline void spin(uint32_t iterations) {
  if (iterations) __asm__ volatile("1:\tsubs %0, %0, #1\n\tbne 1b" : "+r"(iterations)::"cc", "memory");
}
