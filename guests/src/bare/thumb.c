/* The privileged instructions in their T32 encodings, and CPSR.IT across exceptions. */
#include "bare.h"

#define THUMB __attribute__((target("thumb"), noinline))

static uint32_t cell[4] __attribute__((aligned(16)));

THUMB static uint32_t status(void) {
  uint32_t value;
  __asm__ volatile("mrs %0, cpsr" : "=r"(value));
  return value;
}
THUMB static uint32_t write_status(uint32_t value) {
  uint32_t result;
  __asm__ volatile("mrs r4, cpsr\n\tmsr cpsr_fs, %1\n\tmrs %0, cpsr\n\tmsr cpsr_fs, r4" : "=&r"(result) : "r"(value) : "r4", "cc");
  return result;
}
THUMB static uint32_t saved_status(uint32_t value) {
  uint32_t result;
  __asm__ volatile("msr spsr_fsxc, %1\n\tmrs %0, spsr" : "=r"(result) : "r"(value));
  return result;
}
THUMB static uint32_t change_masks(void) {
  uint32_t result;
  __asm__ volatile("cpsie.n a\n\tcpsie.n f\n\tmrs %0, cpsr\n\tcpsid.n af" : "=r"(result));
  return result;
}
THUMB static uint32_t change_mode(void) {
  uint32_t result;
  __asm__ volatile("cpsid.w i, #0x1f\n\tmrs %0, cpsr\n\tcps.w #0x13" : "=r"(result));
  return result;
}
/* Both directions of SRS and RFE, into A32 and T32 state. */
THUMB static uint32_t state_below(uint32_t flags) {
  uint32_t result;
  __asm__ volatile("mrs r5, cpsr\n\torr r5, r5, %1\n\torr r5, r5, #0x20\n\tmsr spsr_fsxc, r5\n\tmov r6, lr\n\tadr r4, 1f\n\tmov lr, r4\n\t"
                   "srsdb sp!, #0x13\n\tmov lr, r6\n\trfeia sp!\n\t.balign 4\n1:\tmrs %0, cpsr"
                   : "=&r"(result)
                   : "r"(flags)
                   : "r4", "r5", "r6", "cc", "memory");
  return result;
}
THUMB static uint32_t state_above(uint32_t flags) {
  uint32_t result;
  __asm__ volatile("mrs r5, cpsr\n\torr r5, r5, %1\n\tmsr spsr_fsxc, r5\n\tmov r6, lr\n\tadr r4, 1f\n\tmov lr, r4\n\tmov r7, sp\n\tmov sp, %2\n\t"
                   "srsia sp, #0x13\n\tmov sp, r7\n\tmov lr, r6\n\tadd r4, %2, #8\n\trfedb r4\n\t.balign 4\n\t.arm\n1:\tmrs %0, cpsr\n\t"
                   "adr r4, 2f + 1\n\tbx r4\n\t.thumb\n2:"
                   : "=&r"(result)
                   : "r"(flags), "r"(cell)
                   : "r4", "r5", "r6", "r7", "cc", "memory");
  return result;
}
THUMB static uint32_t return_by_link(uint32_t flags) {
  uint32_t result;
  __asm__ volatile("mrs r5, cpsr\n\torr r5, r5, %1\n\torr r5, r5, #0x20\n\tmsr spsr_fsxc, r5\n\tmov r6, lr\n\tadr r4, 1f\n\tadd lr, r4, #8\n\t"
                   "subs pc, lr, #8\n\tmovs r5, #0\n\t.balign 4\n1:\tmrs %0, cpsr\n\tmov lr, r6"
                   : "=&r"(result)
                   : "r"(flags)
                   : "r4", "r5", "r6", "cc");
  return result;
}
THUMB static uint32_t unprivileged(uint32_t value) {
  uint32_t word, half, byte;
  __asm__ volatile("strt %3, [%4, #4]\n\tstrht %3, [%4]\n\tstrbt %3, [%4, #3]\n\tldrt %0, [%4, #4]\n\tldrsht %1, [%4]\n\tldrbt %2, [%4, #3]"
                   : "=&r"(word), "=&r"(half), "=&r"(byte)
                   : "r"(value), "r"(cell)
                   : "memory");
  return word ^ (half << 1) ^ (byte << 24);
}
THUMB static uint32_t coprocessors(void) {
  uint32_t value;
  __asm__ volatile("mcr p15, 0, %1, c13, c0, 4\n\tmrc p15, 0, %0, c13, c0, 4\n\tmcrr p15, 0, %1, %1, c7\n\tmrrc p15, 0, %1, r4, c7\n\tadd %0, %0, r4"
                   : "=&r"(value)
                   : "r"(0x1234)
                   : "r4");
  return value;
}
THUMB static uint32_t events(void) {
  uint32_t count = 0;
  __asm__ volatile("sev.n\n\twfe.n\n\tsev.w\n\twfe.w\n\tcmp %0, #0\n\titt eq\n\tseveq\n\taddeq %0, #1\n\tcmp %0, #1\n\tite ne\n\twfene\n\taddeq %0, #1"
                   : "+r"(count)::"cc");
  return count;
}
/* An abort of each instruction of an IT block; the handler returns behind it, with the state that was saved. */
THUMB static uint32_t conditional_aborts(uint32_t address) {
  uint32_t value = 0;
  __asm__ volatile("cmp %0, #0\n\titete eq\n\taddeq %0, #1\n\taddne %0, #2\n\tldreq r4, [%1]\n\taddne %0, #4" : "+r"(value) : "r"(address) : "r4", "cc");
  return value;
}
THUMB static uint32_t conditional_call(uint32_t value) {
  __asm__ volatile("cmp %0, #5\n\titet eq\n\tsvceq #1\n\taddne %0, #16\n\taddeq %0, #1" : "+r"(value)::"cc", "lr", "memory");
  return value;
}

int main(void) {
  show("MRS, without flags", status() & 0x0fffffff);
  show("MSR", write_status(0xf80f0000));
  show("SPSR", saved_status(0x600f01b3));
  show("CPSIE.N", change_masks());
  show("CPS.W", change_mode());
  show("SRSDB and RFEIA", state_below(0x90000000));
  show("SRSIA and RFEDB", state_above(0xa0000000));
  show("SUBS PC, LR", return_by_link(0x60000000));
  show("LDRT and its like", unprivileged(0x89abcdef));
  show("MCR, MRC, MCRR and MRRC", coprocessors());
  show("SEV and WFE", events());
  trap_count = 0;
  show("an abort in an IT block", conditional_aborts(0x0b800000));
  show_trap("an abort in an IT block");
  trap_count = 0;
  show("a call in an IT block", conditional_call(5));
  show_trap("a call in an IT block");
  show("a call that is not made", conditional_call(6));
  put("done\n");
  return 0;
}
