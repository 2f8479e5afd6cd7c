/* What the bare-metal programs share: output on a PL011, and exceptions as results. */
#pragma once
#include <stdint.h>

#define MRC(opc1, crn, crm, opc2)                                                                                       \
  ({                                                                                                                   \
    uint32_t value_;                                                                                                   \
    __asm__ volatile("mrc p15, " #opc1 ", %0, c" #crn ", c" #crm ", " #opc2 : "=r"(value_)::"memory");                  \
    value_;                                                                                                            \
  })
#define MCR(opc1, crn, crm, opc2, value)                                                                                \
  __asm__ volatile("mcr p15, " #opc1 ", %0, c" #crn ", c" #crm ", " #opc2 "\n\tisb" ::"r"((uint32_t)(value)) : "memory")
#define BARRIER() __asm__ volatile("dsb\n\tisb" ::: "memory")

enum { UNDEFINED = 1, SUPERVISOR = 2, PREFETCH = 3, DATA = 4, INTERRUPT = 6, FAST = 7 };

struct trap {
  uint32_t kind;
  uint32_t link;   /* lr of the exception's mode */
  uint32_t status; /* its SPSR */
  uint32_t mode;   /* CPSR in the handler */
  uint32_t fault_status;
  uint32_t fault_address;
};
/* The last exception, and how many there were since this was set to 0. */
extern struct trap trap;
extern uint32_t trap_count;
/* Where the exception returns to and in which state; trap_taken sets them. */
extern uint32_t trap_resume, trap_status;

extern char vectors[], protected_end[], user_returned[];
uint32_t protected_call(void *function, uint32_t a, uint32_t b);
uint32_t in_mode(void *function, uint32_t mode, uint32_t argument);
uint32_t as_user(void *function, uint32_t a, uint32_t b);

void put(const char *text);
void put_hex(uint32_t value);
/* "name value\n" */
void show(const char *name, uint32_t value);
/* "name: " and the last exception, or "none". */
void show_trap(const char *name);
