#include "bare.h"

#define UART ((volatile uint32_t *)uart_address)
uint32_t uart_address = 0x09000000;

struct trap trap;
uint32_t trap_count, trap_resume, trap_status;

void put(const char *text) {
  for (; *text; text++) *UART = *text;
}

void put_hex(uint32_t value) {
  for (int shift = 28; shift >= 0; shift -= 4) *UART = "0123456789abcdef"[(value >> shift) & 15];
}

void show(const char *name, uint32_t value) {
  put(name);
  put(" ");
  put_hex(value);
  put("\n");
}

static const char *const KINDS[] = {"none", "undefined", "supervisor", "prefetch abort", "data abort", "", "irq", "fiq"};

void show_trap(const char *name) {
  put(name);
  put(": ");
  put(KINDS[trap_count ? trap.kind : 0]);
  if (trap_count) {
    put(" lr ");
    put_hex(trap.link);
    put(" spsr ");
    put_hex(trap.status);
    put(" cpsr ");
    put_hex(trap.mode);
    if (trap.kind == PREFETCH || trap.kind == DATA) {
      put(" fsr ");
      put_hex(trap.fault_status);
      put(" far ");
      put_hex(trap.fault_address);
    }
  }
  put("\n");
}

/* The state of IT behind the instruction that was saved (DDI 0406C A2.5.2). */
static uint32_t advance_it(uint32_t status) {
  uint32_t state = ((status >> 25) & 3) | ((status >> 8) & 0xfc);
  state = state & 7 ? (state & 0xe0) | ((state << 1) & 0x1f) : 0;
  return (status & ~0x0600fc00u) | ((state & 3) << 25) | ((state & 0xfc) << 8);
}

/* frame: SPSR, r0-r12, lr. Aborts go on behind protected_call, SVC #0x77 is as_user's return, others behind themselves. */
void trap_taken(uint32_t kind, uint32_t *frame) {
  uint32_t link = frame[14];
  trap_status = frame[0];
  trap_resume = link;
  if (kind == SUPERVISOR && !(frame[0] & 0x20) && (*(uint32_t *)(link - 4) & 0xffffff) == 0x77) {
    trap_resume = (uint32_t)user_returned;
    trap_status = (frame[0] & ~0x1fu) | 0x13;
    return;
  }
  trap_count++;
  trap.kind = kind;
  trap.link = link;
  trap.status = frame[0];
  __asm__ volatile("mrs %0, cpsr" : "=r"(trap.mode));
  if (kind == PREFETCH) {
    trap.fault_status = MRC(0, 5, 0, 1);
    trap.fault_address = MRC(0, 6, 0, 2);
    trap_resume = (uint32_t)protected_end;
    if ((frame[0] & 0x1f) == 0x10) {
      trap_resume = (uint32_t)user_returned;
      trap_status = (frame[0] & ~0x1fu) | 0x13;
    }
    trap_status &= ~0x0600fc20u;
  } else if (kind == DATA) {
    trap.fault_status = MRC(0, 5, 0, 0);
    trap.fault_address = MRC(0, 6, 0, 0);
    trap_resume = link - 4 - (frame[0] & 0x20 ? 2 : 0);
    trap_status = advance_it(frame[0]);
  }
}
