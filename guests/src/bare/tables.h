/* Accesses whose outcome the programs with translation tables show. */
#pragma once
#include "bare.h"

/* Forgets all translations. */
static inline void flush(void) {
  BARRIER();
  MCR(0, 8, 7, 0, 0);
  MCR(0, 7, 5, 0, 0);
  BARRIER();
}

/* Writes a number's bits into a name. */
static inline void name_bits(char *at, uint32_t value, int bits) {
  for (int bit = bits - 1; bit >= 0; bit--) *at++ = '0' + ((value >> bit) & 1);
}

static inline uint32_t load(uint32_t address) {
  uint32_t value = 0x5eed;
  __asm__ volatile("ldr %0, [%1]" : "+r"(value) : "r"(address) : "memory");
  return value;
}
static inline uint32_t store(uint32_t address, uint32_t value) {
  __asm__ volatile("str %1, [%0]" ::"r"(address), "r"(value) : "memory");
  return 0;
}
static inline uint32_t load_as_user(uint32_t address) {
  uint32_t value = 0x5eed;
  __asm__ volatile("ldrt %0, [%1]" : "+r"(value) : "r"(address) : "memory");
  return value;
}
static inline uint32_t store_as_user(uint32_t address, uint32_t value) {
  __asm__ volatile("strt %1, [%0]" ::"r"(address), "r"(value) : "memory");
  return 0;
}

/* The instruction at every page that is mapped to be executed: bx lr. */
#define RETURN_INSTRUCTION 0xe12fff1e

/* One letter an access that goes through, else the fault's status and address. */
static inline void report(const char *letter, uint32_t address) {
  if (!trap_count) {
    put(letter);
    return;
  }
  put(" ");
  put(letter);
  put("=");
  put_hex(trap.fault_status);
  if (trap.fault_address != address) put(" at another address");
  trap_count = 0;
}

/* Read, write and execute from PL1, with PL0's rights, and an execution in user mode. */
static inline void try_all(const char *name, uint32_t address, int executes_as_user) {
  put(name);
  put(":");
  trap_count = 0;
  load(address);
  report("r", address);
  store(address, RETURN_INSTRUCTION);
  report("w", address);
  protected_call((void *)address, 0, 0);
  report("x", address);
  load_as_user(address);
  report("R", address);
  store_as_user(address, RETURN_INSTRUCTION);
  report("W", address);
  if (executes_as_user) {
    as_user((void *)address, 0, 0);
    report("X", address);
  }
  put("\n");
}
