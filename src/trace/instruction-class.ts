/**
 * The classes of instructions that a pipeline model tells apart, free of any ISA. The emulator classifies, the machine
 * file says what each class costs on its core (issue slot, occupancy, result latency), the cost model joins the two.
 */
export const INSTRUCTION_CLASSES = [
  'alu-immediate', //            result = op(register, immediate), or MOV register
  'alu-register', //             two register operands, no shift
  'alu-shift', //                arithmetic whose second operand passes the shifter
  'shift', //                    the shifter's own result: LSL, LSR, ASR, ROR, bit-field, reversal, saturation
  'multiply', //                 MUL, UMULL, SMULL, …
  'multiply-accumulate', //      MLA, UMLAL, …: accumulator operand forwards late
  'divide',
  'load', //                     one word or less
  'load-pair', //                LDRD
  'load-multiple', //            LDM, POP; `transfers` words
  'store',
  'store-pair',
  'store-multiple',
  'prefetch', //                 PLD, PLDW, PLI
  'branch', //                   B, direct, conditional or not
  'call', //                     BL, BLX immediate
  'branch-indirect', //          BX, MOV pc, LDR pc, POP {…, pc} count as this *and* keep their load class's transfers
  'vfp-arithmetic', //           VADD, VSUB, VCMP, VCVT, VNEG, VABS, VMOV between VFP registers; VMUL.F32
  'vfp-multiply-f64',
  'vfp-multiply-accumulate-f64',
  'vfp-fused-f64',
  'vfp-divide-f32',
  'vfp-divide-f64',
  'vfp-multiply-accumulate-f32',
  'vfp-load', //                 VLDR
  'vfp-store',
  'vfp-load-multiple', //        VLDM, VPOP, VLD1–VLD4; `transfers` double words
  'vfp-store-multiple',
  'core-to-vfp',
  'vfp-to-core',
  'vfp-flags', //                VMRS APSR_nzcv, FPSCR
  'neon-arithmetic', //          Advanced SIMD data processing but for the next class
  'neon-multiply-accumulate',
  'system', //                   SVC, MRC, MCR, barriers
  'unknown', //                  a trace of another format named its address only, and no registers
] as const;

export type InstructionClass = (typeof INSTRUCTION_CLASSES)[number];
