import {describe, expect, it} from 'vitest';
import {FLAGS_BIT, FPSCR_BIT} from '../../src/trace/blocks.ts';
import {decodeHalves, decodeWord} from './assemble.ts';

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
  [0xe651_0f92, 'uadd8 r0, r1, r2', 'alu-register', r(1, 2), 0, r(0) | FLAGS_BIT],
  [0xe681_0fb2, 'sel r0, r1, r2', 'alu-register', r(1, 2) | FLAGS_BIT, 0, r(0)],
  [0xe700_3211, 'smlad r0, r1, r2, r3', 'multiply-accumulate', r(1, 2, 3), 0, r(0)],
  [0xe102_0091, 'swp r0, r1, [r2]', 'load', r(1, 2), r(2), r(0)],
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

/** T32 instructions and the A32 instructions that do the same. */
const SAME: readonly (readonly [readonly number[], number, string])[] = [
  [[0x1c48], 0xe291_0001, 'adds r0, r1, #1'],
  [[0x4408], 0xe080_0001, 'add r0, r0, r1'],
  [[0x0088], 0xe1b0_0101, 'lsls r0, r1, #2'],
  [[0x4088], 0xe1b0_0110, 'lsls r0, r0, r1'],
  [[0x4608], 0xe1a0_0001, 'mov r0, r1'],
  [[0x4248], 0xe271_0000, 'negs r0, r1'],
  [[0x4348], 0xe010_0091, 'muls r0, r1, r0'],
  [[0x4148], 0xe0b0_0001, 'adcs r0, r0, r1'],
  [[0x2800], 0xe350_0000, 'cmp r0, #0'],
  [[0xb2c8], 0xe6ef_0071, 'uxtb r0, r1'],
  [[0x6848], 0xe591_0004, 'ldr r0, [r1, #4]'],
  [[0x5c88], 0xe7d1_0002, 'ldrb r0, [r1, r2]'],
  [[0x9001], 0xe58d_0004, 'str r0, [sp, #4]'],
  [[0x4800], 0xe59f_0000, 'ldr r0, [pc]'],
  [[0xb510], 0xe92d_4010, 'push {r4, lr}'],
  [[0xbd10], 0xe8bd_8010, 'pop {r4, pc}'],
  [[0xc0fe], 0xe8a0_00fe, 'stm r0!, {r1-r7}'],
  [[0xe880, 0x00fe], 0xe880_00fe, 'stm r0, {r1-r7}'],
  [[0x4770], 0xe12f_ff1e, 'bx lr'],
  [[0x4798], 0xe12f_ff33, 'blx r3'],
  [[0xf000, 0xf800], 0xeb00_0000, 'bl'],
  [[0xd000], 0x0a00_0000, 'beq'],
  [[0xe000], 0xea00_0000, 'b'],
  [[0xbf00], 0xe320_f000, 'nop'],
  [[0xdf00], 0xef00_0000, 'svc #0'],
  [[0xeb11, 0x0082], 0xe091_0102, 'adds r0, r1, r2, lsl #2'],
  [[0xf101, 0x0004], 0xe281_0004, 'add r0, r1, #4'],
  [[0xf851, 0x0b04], 0xe491_0004, 'ldr r0, [r1], #4'],
  [[0xf851, 0x0022], 0xe791_0102, 'ldr r0, [r1, r2, lsl #2]'],
  [[0xf841, 0x0f04], 0xe5a1_0004, 'str r0, [r1, #4]!'],
  [[0xe9d1, 0x0102], 0xe1c1_00d8, 'ldrd r0, r1, [r1, #8]'],
  [[0xf85d, 0xfb04], 0xe49d_f004, 'pop {pc}'],
  [[0xfb01, 0x3002], 0xe020_3291, 'mla r0, r1, r2, r3'],
  [[0xfba1, 0x3402], 0xe084_3291, 'umull r3, r4, r1, r2'],
  [[0xfb91, 0xf0f2], 0xe710_f211, 'sdiv r0, r1, r2'],
  [[0xf3c1, 0x0007], 0xe7e7_0051, 'ubfx r0, r1, #0, #8'],
  [[0xfab1, 0xf081], 0xe16f_0f11, 'clz r0, r1'],
  [[0xf891, 0xf07c], 0xf5d1_f07c, 'pld [r1, #124]'],
  [[0xe851, 0x0f00], 0xe191_0f9f, 'ldrex r0, [r1]'],
  [[0xe841, 0x2000], 0xe181_0f92, 'strex r0, r2, [r1]'],
  [[0xed91, 0x0b02], 0xed91_0b02, 'vldr d0, [r1, #8]'],
  [[0xee31, 0x0b02], 0xee31_0b02, 'vadd.f64 d0, d1, d2'],
];

describe('what the pipeline model is told of T32', () => {
  it.each(SAME.map(([halves, word, text]) => ({halves, word, text})))('$text', ({halves, word}) => {
    const [thumb, arm] = [decodeHalves(halves), decodeWord(word)];
    expect(thumb.pipeline).toEqual(arm.pipeline);
    expect([thumb.end, thumb.meta]).toEqual([arm.end, arm.meta]);
    // What is translated for A32 is translated for T32.
    expect(thumb.body).toBe(arm.body);
  });

  it('has flags as an operand of what IT makes conditional', () => {
    expect(decodeHalves([0x1c48], 0x8000, 0x08).pipeline).toMatchObject({reads: r(1) | FLAGS_BIT, writes: r(0)});
  });

  it.each([
    [[0xb100], 'conditional', 'branch', r(0), 0, 0], // CBZ
    [[0xe8d1, 0xf002], 'indirect', 'branch-indirect', r(1, 2), r(1, 2), 0], // TBB
    [[0xbf08], undefined, 'alu-immediate', 0, 0, 0], // IT
    [[0x46f7], 'return', 'branch-indirect', r(14), 0, 0], // MOV pc, lr
    [[0x4487], 'indirect', 'branch-indirect', r(0, 15), 0, 0], // ADD pc, r0
    [[0xe9d1, 0x3502], undefined, 'load-pair', r(1), r(1), r(3, 5)], // LDRD
    [[0xe8d1, 0x357f], undefined, 'load-pair', r(1), r(1), r(3, 5)], // LDREXD
  ])('and %j, which A32 does not have', (halves, end, kind, reads, readsEarly, writes) => {
    const operation = decodeHalves(halves);
    expect([operation.end, operation.pipeline]).toEqual([
      end,
      expect.objectContaining({class: kind, reads, readsEarly, writes}),
    ]);
  });
});
