/* Entry to and return from exceptions, banked registers, and what user mode may not do. */
#include "bare.h"

#define EVENT(name, ...)                                                                                                \
  do {                                                                                                                 \
    trap_count = 0;                                                                                                    \
    __asm__ volatile(__VA_ARGS__);                                                                                     \
    show_trap(name);                                                                                                   \
  } while (0)

static uint32_t cell[8] __attribute__((aligned(16)));

/* Instructions that cause an exception, and what their addresses were: offsets make the link comparable to eyes. */
static void causes(void) {
  EVENT("UDF in A32", ".inst 0xe7f000f0");
  EVENT("UDF.N in T32", "adr r0, 1f + 1\n\tbx r0\n\t.thumb\n1:\tudf #1\n\t.balign 4\n\tbx pc\n\tnop\n\t.arm" ::: "r0");
  EVENT("UDF.W in T32", "adr r0, 1f + 1\n\tbx r0\n\t.thumb\n1:\tudf.w #1\n\t.short 0x46c0\n\t.balign 4\n\tbx pc\n\tnop\n\t.arm" ::: "r0");
  EVENT("SVC in A32", "svc #5");
  EVENT("SVC in T32", "adr r0, 1f + 1\n\tbx r0\n\t.thumb\n1:\tsvc #6\n\t.balign 4\n\tbx pc\n\tnop\n\t.arm" ::: "r0");
  EVENT("SVC in an IT block",
        "adr r0, 1f + 1\n\tbx r0\n\t.thumb\n1:\tcmp r0, r0\n\titte eq\n\tsvceq #6\n\tmoveq r1, r1\n\tmovne r1, #0\n\t.balign 4\n\tbx pc\n\tnop\n\t.arm" ::
            : "r0", "r1", "cc");
  EVENT("LDM misaligned", "ldm %0, {r2, r3}" ::"r"((uint32_t)cell + 2) : "r2", "r3");
  EVENT("STM misaligned", "stm %0, {r2, r3}" ::"r"((uint32_t)cell + 1) : "memory");
  EVENT("LDREX misaligned", "ldrex r2, [%0]" ::"r"((uint32_t)cell + 2) : "r2");
  EVENT("LDRD misaligned", "ldrd r2, r3, [%0]" ::"r"((uint32_t)cell + 2) : "r2", "r3");
  EVENT("LDR from nowhere", "ldr r2, [%0]" ::"r"(0x0b800000) : "r2");
  EVENT("STRB to nowhere", "strb r2, [%0]" ::"r"(0x0b800001) : "memory");
  trap_count = 0;
  protected_call((void *)0x0b800000, 0, 0);
  show_trap("execution of nothing");
}

static uint32_t read_cpsr(void) {
  uint32_t value;
  __asm__ volatile("mrs %0, cpsr" : "=r"(value));
  return value;
}

static uint32_t misaligned_word(void) {
  uint32_t value;
  __asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"((uint32_t)cell + 1));
  return value;
}

static void alignment(void) {
  uint32_t control = MRC(0, 1, 0, 0);
  MCR(0, 1, 0, 0, control | 2);
  trap_count = 0;
  misaligned_word();
  show_trap("LDR misaligned with SCTLR.A");
  MCR(0, 1, 0, 0, control);
}

static const uint32_t MODES[] = {0x11, 0x12, 0x13, 0x17, 0x1b, 0x1f};

/* Writes r13 and r14 of each mode and r8 of FIQ mode, and reads them back from the others. */
static void banks(void) {
  for (int index = 0; index < 6; index++) {
    uint32_t status = MODES[index] | 0xc0, kept, linked, saved = 0;
    __asm__ volatile(
        "mrs r4, cpsr\n\tmov r5, sp\n\tmov r6, lr\n\tmsr cpsr_c, %2\n\tmov r7, sp\n\tmov sp, %3\n\tmov lr, %4\n\tmov r8, %4\n\t"
        "msr cpsr_c, r4\n\tmov r9, #0\n\tmov r8, #8\n\tmsr cpsr_c, %2\n\tmov %0, sp\n\tadd %1, lr, r8\n\tmov sp, r7\n\tmsr cpsr_c, r4\n\t"
        "mov sp, r5\n\tmov lr, r6"
        : "=&r"(kept), "=&r"(linked)
        : "r"(status), "r"(0x1000 + index), "r"(0x2000 + index)
        : "r4", "r5", "r6", "r7", "r8", "r9", "memory");
    show("mode", MODES[index]);
    show(" sp", kept);
    show(" lr + r8", linked);
    if (MODES[index] != 0x1f) {
      __asm__ volatile("mrs r4, cpsr\n\tmsr cpsr_c, %1\n\tmsr spsr_fsxc, %2\n\tmrs %0, spsr\n\tmsr cpsr_c, r4"
                       : "=&r"(saved)
                       : "r"(status), "r"(0xf80f03d0 | index)
                       : "r4");
      show(" spsr", saved);
    }
  }
}

static void status_writes(void) {
  uint32_t value;
  __asm__ volatile("mrs r4, cpsr\n\tmsr cpsr_f, %1\n\tmrs %0, cpsr\n\tmsr cpsr_f, r4" : "=&r"(value) : "r"(0xffffffff) : "r4", "cc");
  show("CPSR_f", value);
  __asm__ volatile("mrs r4, cpsr\n\tmsr cpsr_s, %1\n\tmrs %0, cpsr\n\tmsr cpsr_s, r4" : "=&r"(value) : "r"(0xffffffff) : "r4", "cc");
  show("CPSR_s", value);
  __asm__ volatile("cpsie aif\n\tmrs %0, cpsr\n\tcpsid aif" : "=r"(value));
  show("CPSIE aif", value);
  __asm__ volatile("cpsid aif\n\tmrs %0, cpsr" : "=r"(value));
  show("CPSID aif", value);
  __asm__ volatile("cpsid aif, #0x1f\n\tmrs %0, cpsr\n\tcps #0x13" : "=r"(value));
  show("CPSID with a mode", value);
}

/* SRS to the stack of another mode, and RFE back from it into T32 code. */
static void return_state(void) {
  uint32_t stored[2], stack, value;
  __asm__ volatile("mrs r4, cpsr\n\tmov r5, sp\n\tmov r6, lr\n\tcps #0x1f\n\tmov r7, sp\n\tmov sp, %3\n\tcps #0x13\n\t"
                   "msr spsr_fsxc, %4\n\tmov lr, #0x5500\n\tsrsdb sp!, #0x1f\n\tcps #0x1f\n\tmov %0, sp\n\tmov sp, r7\n\tmsr cpsr_c, r4\n\t"
                   "mov sp, r5\n\tmov lr, r6\n\tldr %1, [%0]\n\tldr %2, [%0, #4]"
                   : "=&r"(stack), "=&r"(stored[0]), "=&r"(stored[1])
                   : "r"(cell + 8), "r"(0x600001d2)
                   : "r4", "r5", "r6", "r7", "memory");
  show("SRS below its base", (uint32_t)(cell + 8) - stack);
  show("SRS lr", stored[0]);
  show("SRS spsr", stored[1]);
  __asm__ volatile("adr r4, 1f\n\tmrs r5, cpsr\n\torr r5, r5, #0x20\n\tstr r4, [%1]\n\tstr r5, [%1, #4]\n\trfeia %1\n\t.thumb\n"
                   "1:\tmov %0, pc\n\t.balign 4\n\tbx pc\n\tnop\n\t.arm\n\tadr r4, 1b\n\tsub %0, %0, r4"
                   : "=&r"(value)
                   : "r"(cell)
                   : "r4", "r5", "memory", "cc");
  show("RFE into T32", value);
}

static void returns(void) {
  uint32_t value = 0;
  __asm__ volatile("mrs r4, cpsr\n\torr r5, r4, #0x60000000\n\tmsr spsr_fsxc, r5\n\tadr r5, 1f\n\tmovs pc, r5\n\tmov %0, #1\n1:\tmrs %0, cpsr"
                   : "=&r"(value)::"r4", "r5", "cc");
  show("MOVS PC", value);
  __asm__ volatile("mrs r4, cpsr\n\tbic r5, r4, #0xf0000000\n\tmsr spsr_fsxc, r5\n\tadr r5, 1f + 4\n\tsubs pc, r5, #4\n1:\tmrs %0, cpsr"
                   : "=&r"(value)::"r4", "r5", "cc");
  show("SUBS PC", value);
  __asm__ volatile("mrs r4, cpsr\n\torr r5, r4, #0x90000000\n\tmsr spsr_fsxc, r5\n\tadr r5, 1f\n\tmov r4, #7\n\tpush {r4, r5}\n\t"
                   "ldm sp!, {r4, pc}^\n1:\tmrs %0, cpsr\n\tadd %0, %0, r4"
                   : "=&r"(value)::"r4", "r5", "cc", "memory");
  show("LDM with pc and ^", value);
}

/* LDM and STM of the user's registers, from supervisor mode. */
static void user_registers(void) {
  static uint32_t words[3] = {0x11111111, 0x22222222, 0x33333333};
  static uint32_t read[3];
  __asm__ volatile("cps #0x1f\n\tmov r4, sp\n\tmov r5, lr\n\tcps #0x13\n\tldm %0, {r6, sp, lr}^\n\tnop\n\tstm %1, {r6, sp, lr}^\n\t"
                   "cps #0x1f\n\tmov sp, r4\n\tmov lr, r5\n\tcps #0x13" ::"r"(words),
                   "r"(read)
                   : "r4", "r5", "r6", "memory");
  for (int index = 0; index < 3; index++) show("user register", read[index]);
}

static uint32_t user_status(void) {
  uint32_t value;
  __asm__ volatile("cpsid aif\n\tmsr cpsr_fsxc, %1\n\tmrs %0, cpsr" : "=r"(value) : "r"(0x600f01d3) : "cc");
  return value & ~0xc0;
}
static uint32_t user_control(void) {
  uint32_t value = 0;
  __asm__ volatile("mrc p15, 0, %0, c1, c0, 0" : "+r"(value));
  return value;
}
static uint32_t user_thread(void) { return MRC(0, 13, 0, 3); }
static uint32_t user_thread_write(void) {
  MCR(0, 13, 0, 3, 1);
  return 0;
}
static uint32_t user_barriers(void) {
  MCR(0, 7, 10, 4, 0);
  MCR(0, 7, 5, 4, 0);
  return 1;
}
static uint32_t user_call(void) {
  __asm__ volatile("hvc #0" ::: "r0");
  return 0;
}
static uint32_t user_ids(void) {
  uint32_t value = 0;
  __asm__ volatile("mrc p15, 0, %0, c0, c0, 0" : "+r"(value));
  return value;
}
static uint32_t user_maintenance(void) {
  MCR(0, 7, 5, 1, cell);
  return 0;
}

#define AS_USER(function)                                                                                               \
  do {                                                                                                                 \
    trap_count = 0;                                                                                                    \
    uint32_t result_ = as_user(function, 0, 0);                                                                        \
    show_trap("user: " #function);                                                                                     \
    if (!trap_count) show(" result", result_);                                                                         \
  } while (0)

static void user(void) {
  MCR(0, 13, 0, 3, 0x7e57);
  AS_USER(user_status);
  AS_USER(user_control);
  AS_USER(user_thread);
  AS_USER(user_thread_write);
  AS_USER(user_barriers);
  AS_USER(user_call);
  AS_USER(user_ids);
  AS_USER(user_maintenance);
}

/* Vectors at 0xffff0000 are not RAM here; T32 handlers are what SCTLR.TE asks for. */
static void events(void) {
  __asm__ volatile("sev\n\twfe");
  put("WFE behind SEV goes on\n");
  uint32_t held = 0;
  __asm__ volatile("ldrex r2, [%1]\n\tclrex\n\tstrex %0, r2, [%1]" : "=&r"(held) : "r"(cell) : "r2", "memory");
  show("STREX behind CLREX", held);
  __asm__ volatile("ldrex r2, [%1]\n\tstrex %0, r2, [%1]" : "=&r"(held) : "r"(cell) : "r2", "memory");
  show("STREX behind LDREX", held);
}

int main(void) {
  show("CPSR at the start, without flags", read_cpsr() & 0x0fffffff);
  causes();
  alignment();
  banks();
  status_writes();
  return_state();
  returns();
  user_registers();
  user();
  events();
  put("done\n");
  return 0;
}
