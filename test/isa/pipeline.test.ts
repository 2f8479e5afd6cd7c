import {describe, expect, it} from 'vitest';
import {FLAGS_BIT, FPSCR_BIT} from '../../src/trace/blocks.ts';
import {decodeWord} from './assemble.ts';

const r = (...numbers: readonly number[]): number => numbers.reduce((mask, number) => mask | (1 << number), 0);

/** [word, assembly, class, reads, readsEarly, writes, transfers, vfpReads, vfpWrites, writesBack] */
const CASES: readonly (readonly [
  number,
  string,
  string,
  number,
  number,
  number,
  number?,
  number?,
  number?,
  number?,
])[] = [
  [0xe281_0004, 'add r0, r1, #4', 'alu-immediate', r(1), 0, r(0)],
  [0xe081_0002, 'add r0, r1, r2', 'alu-register', r(1, 2), 0, r(0)],
  [0xe091_0102, 'adds r0, r1, r2, lsl #2', 'alu-shift', r(1, 2), r(2), r(0) | FLAGS_BIT],
  [0xe081_0312, 'add r0, r1, r2, lsl r3', 'alu-shift', r(1, 2, 3), r(2, 3), r(0)],
  [0xe1a0_0001, 'mov r0, r1', 'alu-immediate', r(1), 0, r(0)],
  [0xe1a0_0101, 'lsl r0, r1, #2', 'shift', r(1), r(1), r(0)],
  [0xe6ef_0071, 'uxtb r0, r1', 'alu-immediate', r(1), r(1), r(0)],
  [0xe491_0004, 'ldr r0, [r1], #4', 'load', r(1), r(1), r(0, 1), 1, 0, 0, r(1)],
  [0xe0a1_0002, 'adc r0, r1, r2', 'alu-register', r(1, 2) | FLAGS_BIT, 0, r(0)],
  [0x0281_0004, 'addeq r0, r1, #4', 'alu-immediate', r(1) | FLAGS_BIT, 0, r(0)],
  [0xe350_0000, 'cmp r0, #0', 'alu-immediate', r(0), 0, FLAGS_BIT],
  [0xe020_3291, 'mla r0, r1, r2, r3', 'multiply-accumulate', r(1, 2, 3), 0, r(0)],
  [0xe084_3291, 'umull r3, r4, r1, r2', 'multiply', r(1, 2), 0, r(3, 4)],
  [0xe791_0102, 'ldr r0, [r1, r2, lsl #2]', 'load', r(1, 2), r(1, 2), r(0)],
  [0xe5a1_0004, 'str r0, [r1, #4]!', 'store', r(0, 1), r(1), r(1), 1, 0, 0, r(1)],
  [0xe1c1_00d8, 'ldrd r0, [r1, #8]', 'load-pair', r(1), r(1), r(0, 1)],
  [0xe8b0_00fe, 'ldm r0!, {r1-r7}', 'load-multiple', r(0), r(0), r(0, 1, 2, 3, 4, 5, 6, 7), 7, 0, 0, r(0)],
  [0xe92d_4010, 'push {r4, lr}', 'store-multiple', r(4, 13, 14), r(13), r(13), 2, 0, 0, r(13)],
  [0xe8bd_8010, 'pop {r4, pc}', 'branch-indirect', r(13), r(13), r(4, 13, 15), 2, 0, 0, r(13)],
  [0xe12f_ff1e, 'bx lr', 'branch-indirect', r(14), r(14), 0],
  [0xeb00_0000, 'bl', 'call', 0, 0, r(14)],
  [0xf5d1_f07c, 'pld [r1, #124]', 'prefetch', r(1), r(1), 0],
  [0xee31_0b02, 'vadd.f64 d0, d1, d2', 'vfp-arithmetic', 0, 0, 0, 1, 6, 1],
  [0xee00_1aa2, 'vmla.f32 s2, s1, s5', 'vfp-multiply-accumulate-f32', 0, 0, 0, 1, 0b111, 2],
  [0xeea1_0b02, 'vfma.f64 d0, d1, d2', 'vfp-fused-f64', 0, 0, 0, 1, 7, 1],
  [0xee81_0b02, 'vdiv.f64 d0, d1, d2', 'vfp-divide-f64', 0, 0, 0, 1, 6, 1],
  [0xeeb4_0b41, 'vcmp.f64 d0, d1', 'vfp-arithmetic', 0, 0, FPSCR_BIT, 1, 3, 0],
  [0xeef1_fa10, 'vmrs APSR_nzcv, fpscr', 'vfp-flags', FPSCR_BIT, 0, FLAGS_BIT],
  [0xedd1_fb02, 'vldr d31, [r1, #8]', 'vfp-load', r(1), r(1), 0, 1, 0, 2 ** 31],
  [0xecb1_0b08, 'vldmia r1!, {d0-d3}', 'vfp-load-multiple', r(1), r(1), r(1), 4, 0, 15, r(1)],
  [0xec41_0b10, 'vmov d0, r0, r1', 'core-to-vfp', r(0, 1), 0, 0, 1, 0, 1],
];

describe('what the pipeline model is told', () => {
  const told = CASES.map(
    ([word, text, kind, reads, readsEarly, writes, transfers = 1, vfpReads = 0, vfpWrites = 0, writesBack = 0]) => ({
      word,
      text,
      expected: {class: kind, reads, readsEarly, writes, writesBack, transfers, vfpReads, vfpWrites},
    }),
  );
  it.each(told)('$text', ({word, expected}) => expect(decodeWord(word, 0x8000, 0).pipeline).toEqual(expected));

  it.each([
    [0xea00_0000, 'branch'],
    [0x0a00_0000, 'conditional'],
    [0xeb00_0000, 'call'],
    [0xe12f_ff33, 'call'],
    [0xe12f_ff1e, 'return'],
    [0xe12f_ff11, 'indirect'],
    [0xe1a0_f00e, 'return'],
    [0xe08f_f100, 'indirect'],
    [0xe49d_f004, 'return'],
    [0xe79f_f100, 'indirect'],
    [0xe8bd_8010, 'return'],
    [0xe890_8002, 'indirect'],
    [0xef00_0000, 'system'],
    [0xe281_0004, undefined],
  ])('word %i ends its block as %s', (word, end) => expect(decodeWord(word, 0x8000, 0).end).toBe(end));
});
