/* The identification registers, and what the control registers keep of what is written to them. */
#include "bare.h"

#define READ(name, ...) show(name, MRC(__VA_ARGS__))
#define KEEPS(name, opc1, crn, crm, opc2, value)                                                                        \
  do {                                                                                                                 \
    uint32_t before_ = MRC(opc1, crn, crm, opc2);                                                                       \
    MCR(opc1, crn, crm, opc2, value);                                                                                  \
    show(name, MRC(opc1, crn, crm, opc2));                                                                             \
    MCR(opc1, crn, crm, opc2, before_);                                                                                \
  } while (0)
#define DEBUG(name, opc1, crn, crm, opc2)                                                                               \
  do {                                                                                                                 \
    uint32_t value_;                                                                                                   \
    __asm__ volatile("mrc p14, " #opc1 ", %0, c" #crn ", c" #crm ", " #opc2 : "=r"(value_));                            \
    show(name, value_);                                                                                                \
  } while (0)

static void identification(void) {
  READ("MIDR", 0, 0, 0, 0);
  READ("CTR", 0, 0, 0, 1);
  READ("TCMTR", 0, 0, 0, 2);
  READ("TLBTR", 0, 0, 0, 3);
  READ("MPIDR", 0, 0, 0, 5);
  READ("REVIDR", 0, 0, 0, 6);
  READ("ID_PFR0", 0, 0, 1, 0);
  READ("ID_PFR1", 0, 0, 1, 1);
  READ("ID_DFR0", 0, 0, 1, 2);
  READ("ID_AFR0", 0, 0, 1, 3);
  READ("ID_MMFR0", 0, 0, 1, 4);
  READ("ID_MMFR1", 0, 0, 1, 5);
  READ("ID_MMFR2", 0, 0, 1, 6);
  READ("ID_MMFR3", 0, 0, 1, 7);
  READ("ID_ISAR0", 0, 0, 2, 0);
  READ("ID_ISAR1", 0, 0, 2, 1);
  READ("ID_ISAR2", 0, 0, 2, 2);
  READ("ID_ISAR3", 0, 0, 2, 3);
  READ("ID_ISAR4", 0, 0, 2, 4);
  READ("ID_ISAR5", 0, 0, 2, 5);
  READ("reserved", 0, 0, 5, 3);
  READ("CLIDR", 1, 0, 0, 1);
  READ("AIDR", 1, 0, 0, 7);
  for (uint32_t cache = 0; cache < 4; cache++) {
    MCR(2, 0, 0, 0, cache);
    READ("CCSIDR", 1, 0, 0, 0);
  }
  READ("L2CTLR", 1, 9, 0, 2);
  DEBUG("DBGDIDR", 0, 0, 0, 0);
  DEBUG("DBGDSCRint", 0, 0, 1, 0);
  DEBUG("DBGOSLSR", 0, 1, 1, 4);
  DEBUG("DBGDRAR", 0, 1, 0, 0);
  DEBUG("DBGDEVID", 0, 7, 0, 2);
  DEBUG("JIDR", 7, 0, 0, 0);
}

static void control(void) {
  READ("SCTLR", 0, 1, 0, 0);
  KEEPS("ACTLR", 0, 1, 0, 1, 0xffffffff);
  KEEPS("CPACR", 0, 1, 0, 2, 0x00f00000);
  KEEPS("CSSELR", 2, 0, 0, 0, 3);
  KEEPS("TTBCR", 0, 2, 0, 2, 0xffffffff);
  KEEPS("TTBR0", 0, 2, 0, 0, 0x12345678);
  KEEPS("TTBR1", 0, 2, 0, 1, 0x87654321);
  KEEPS("DACR", 0, 3, 0, 0, 0xfedcba98);
  KEEPS("DFSR", 0, 5, 0, 0, 0x1234);
  KEEPS("IFSR", 0, 5, 0, 1, 0x1234);
  KEEPS("DFAR", 0, 6, 0, 0, 0x12345678);
  KEEPS("IFAR", 0, 6, 0, 2, 0x12345678);
  KEEPS("PAR", 0, 7, 4, 0, 0x12345678);
  KEEPS("PRRR", 0, 10, 2, 0, 0x12345678);
  KEEPS("NMRR", 0, 10, 2, 1, 0x12345678);
  KEEPS("CONTEXTIDR", 0, 13, 0, 1, 0x12345678);
  KEEPS("TPIDRURW", 0, 13, 0, 2, 0x12345678);
  KEEPS("TPIDRURO", 0, 13, 0, 3, 0x12345678);
  KEEPS("TPIDRPRW", 0, 13, 0, 4, 0x12345678);
  KEEPS("VBAR", 0, 12, 0, 0, (uint32_t)vectors);
  KEEPS("PMCR", 0, 9, 12, 0, 0);
  KEEPS("PMSELR", 0, 9, 12, 5, 0xff);
  KEEPS("PMUSERENR", 0, 9, 14, 0, 0xff);
}

static void wide(void) {
  uint32_t low = 0x12345000, high = 0x00a50001;
  __asm__ volatile("mcrr p15, 0, %0, %1, c2\n\tisb" ::"r"(low), "r"(high));
  READ("TTBR0 low", 0, 2, 0, 0);
  __asm__ volatile("mrrc p15, 0, %0, %1, c2" : "=r"(low), "=r"(high));
  show("TTBR0 low", low);
  show("TTBR0 high", high);
  MCR(0, 2, 0, 0, 0);
  __asm__ volatile("mrrc p15, 0, %0, %1, c2" : "=r"(low), "=r"(high));
  show("TTBR0 high behind a 32-bit write", high);
}

static void vfp(void) {
  uint32_t value;
  trap_count = 0;
  __asm__ volatile(".fpu neon-vfpv4\n\tvmrs %0, fpsid" : "=r"(value));
  show_trap("FPSID without CPACR");
  MCR(0, 1, 0, 2, 0x00f00000);
  __asm__ volatile("vmrs %0, fpsid" : "=r"(value));
  show("FPSID", value);
  __asm__ volatile("vmrs %0, mvfr0" : "=r"(value));
  show("MVFR0", value);
  __asm__ volatile("vmrs %0, mvfr1" : "=r"(value));
  show("MVFR1", value);
  __asm__ volatile("vmrs %0, fpexc" : "=r"(value));
  show("FPEXC", value);
  trap_count = 0;
  __asm__ volatile("vmov d3, r0, r0");
  show_trap("VMOV without FPEXC.EN");
  value = 0xffffffff;
  __asm__ volatile("vmsr fpexc, %0" ::"r"(value));
  __asm__ volatile("vmrs %0, fpexc" : "=r"(value));
  show("FPEXC", value);
  trap_count = 0;
  __asm__ volatile("vmov d3, %0, %0\n\tvmov %0, s7" : "+r"(value));
  show_trap("VMOV");
  show("s7", value);
}

int main(void) {
  identification();
  control();
  wide();
  vfp();
  put("done\n");
  return 0;
}
