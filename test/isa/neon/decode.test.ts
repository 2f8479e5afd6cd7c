import {describe, expect, it} from 'vitest';
import {A32_CONDITIONAL} from '../../../src/isa/a32/a32.ts';
import {UndefinedInstruction, UnmodelledInstruction} from '../../../src/isa/core/errors.ts';
import {NEON} from '../../../src/isa/neon/neon.ts';
import {decodeWord} from '../assemble.ts';

const r = (...numbers: readonly number[]): number => numbers.reduce((mask, number) => mask | (1 << number), 0);
const d = (...numbers: readonly number[]): number => r(...numbers) >>> 0;

/** [word, assembly, row, class, reads, writes, transfers, vfpReads, vfpWrites] */
const CASES: readonly (readonly [number, string, string, string, number, number, number, number, number])[] = [
  [0xf421_070f, 'vld1.8 {d0}, [r1]', 'VLD1 (multiple, 1 registers)', 'vfp-load-multiple', r(1), 0, 1, 0, d(0)],
  [
    0xf421_0202,
    'vld1.8 {d0-d3}, [r1], r2',
    'VLD1 (multiple, 4 registers)',
    'vfp-load-multiple',
    r(1, 2),
    r(1),
    4,
    0,
    d(0, 1, 2, 3),
  ],
  [
    0xf401_0a0d,
    'vst1.8 {d0-d1}, [r1]!',
    'VST1 (multiple, 2 registers)',
    'vfp-store-multiple',
    r(1),
    r(1),
    2,
    d(0, 1),
    0,
  ],
  [0xf4a1_080d, 'vld1.32 {d0[0]}, [r1]!', 'VLD1 (single lane of 32)', 'vfp-load-multiple', r(1), r(1), 1, d(0), d(0)],
  [
    0xf481_062d,
    'vst3.16 {d0[0], d2[0], d4[0]}, [r1]!',
    'VST3 (single lane of 16)',
    'vfp-store-multiple',
    r(1),
    r(1),
    1,
    d(0, 2, 4),
    0,
  ],
  [
    0xf4a1_0f4d,
    'vld4.16 {d0[], d1[], d2[], d3[]}, [r1]!',
    'VLD4 (all lanes)',
    'vfp-load-multiple',
    r(1),
    r(1),
    1,
    0,
    d(0, 1, 2, 3),
  ],
  [0xf202_0844, 'vadd.i8 q0, q1, q2', 'VADD (integer)', 'neon-arithmetic', 0, 0, 1, d(2, 3, 4, 5), d(0, 1)],
  [0xf214_3905, 'vmla.i16 d3, d4, d5', 'VMLA (integer)', 'neon-multiply-accumulate', 0, 0, 1, d(3, 4, 5), d(3)],
  [0xf2c4_0c05, 'vmull.s8 q8, d4, d5', 'VMULL (integer) of 8', 'neon-arithmetic', 0, 0, 1, d(4, 5), d(16, 17)],
  [
    0xf39f_02e1,
    'vmlal.u16 q0, d31, d1[2]',
    'VMLAL (scalar of 16)',
    'neon-multiply-accumulate',
    0,
    0,
    1,
    d(0, 1, 31),
    d(0, 1),
  ],
  [0xf284_2107, 'vaddw.s8 q1, q2, d7', 'VADDW of 8', 'neon-arithmetic', 0, 0, 1, d(4, 5, 7), d(2, 3)],
  [0xf284_9406, 'vaddhn.i16 d9, q2, q3', 'VADDHN of 8', 'neon-arithmetic', 0, 0, 1, d(4, 5, 6, 7), d(9)],
  [0xf3b2_0202, 'vmovn.i16 d0, q1', 'VMOVN', 'neon-arithmetic', 0, 0, 1, d(2, 3), d(0)],
  [0xf28b_6a11, 'vshll.s8 q3, d1, #3', 'VSHLL of 8', 'neon-arithmetic', 0, 0, 1, d(1), d(6, 7)],
  [0xf280_4050, 'vmov.i32 q2, #0', 'VMOV (word immediate)', 'neon-arithmetic', 0, 0, 1, 0, d(4, 5)],
  [0xf280_2111, 'vorr.i32 d2, #1', 'VORR (word immediate)', 'neon-arithmetic', 0, 0, 1, d(2), d(2)],
  [0xf312_0154, 'vbsl q0, q1, q2', 'VBSL (register)', 'neon-arithmetic', 0, 0, 1, d(0, 1, 2, 3, 4, 5), d(0, 1)],
  [0xf3b4_0a08, 'vtbl.8 d0, {d4-d6}, d8', 'VTBL', 'neon-arithmetic', 0, 0, 1, d(4, 5, 6, 8), d(0)],
  [0xf3b4_0848, 'vtbx.8 d0, {d4}, d8', 'VTBX', 'neon-arithmetic', 0, 0, 1, d(0, 4, 8), d(0)],
  [0xf2b1_0302, 'vext.8 d0, d1, d2, #3', 'VEXT', 'neon-arithmetic', 0, 0, 1, d(1, 2), d(0)],
  [0xf3ba_2c43, 'vdup.16 q1, d3[2]', 'VDUP (scalar of 16)', 'neon-arithmetic', 0, 0, 1, d(3), d(2, 3)],
  [0xf3b2_1002, 'vswp d1, d2', 'VSWP', 'neon-arithmetic', 0, 0, 1, d(1, 2), d(1, 2)],
  [
    0xf202_0c54,
    'vfma.f32 q0, q1, q2',
    'VFMA (vector of F32)',
    'neon-multiply-accumulate',
    0,
    0,
    1,
    d(0, 1, 2, 3, 4, 5),
    d(0, 1),
  ],
  [
    0xf2a1_0162,
    'vmla.f32 d0, d1, d2[1]',
    'VMLA.F (scalar of 32)',
    'neon-multiply-accumulate',
    0,
    0,
    1,
    d(0, 1, 2),
    d(0),
  ],
  [0xf3b6_0602, 'vcvt.f16.f32 d0, q1', 'VCVT (single to half)', 'neon-arithmetic', 0, 0, 1, d(2, 3), d(0)],
  [0xf380_01d2, 'vsra.u64 q0, q1, #64', 'VSRA of 64', 'neon-arithmetic', 0, 0, 1, d(0, 1, 2, 3), d(0, 1)],
];

describe('Advanced SIMD', () => {
  it.each(CASES)('%i is %s', (word, _text, name, pipelineClass, reads, writes, transfers, vfpReads, vfpWrites) => {
    const operation = decodeWord(word);
    expect(operation.name).toBe(name);
    expect(operation.pipeline).toEqual({
      class: pipelineClass,
      transfers,
      reads,
      readsEarly: reads,
      writes,
      writesBack: writes,
      vfpReads,
      vfpWrites,
    });
  });

  it.each([
    [0xf202_1844, 'an odd quadword as the destination'],
    [0xf203_0844, 'an odd quadword as the first operand'],
    [0xf202_0845, 'an odd quadword as the second operand'],
    [0xf232_0900, 'VMLA of 64 bits'],
    [0xf242_0b00, 'VQDMULH of 8 bits'],
    [0xf210_0d00, 'VADD of doubles'],
    [0xf200_0a40, 'VPMAX of quadwords'],
    [0xf300_0b10, 'VPADD with U set'],
    [0xf285_1c02, 'VMULL into an odd register'],
    [0xf282_0140, 'VMLA by a scalar of 8 bits, with F set'],
    [0xf2b1_0802, 'VEXT beyond a doubleword'],
    [0xf3b0_0c00, 'VDUP of no size'],
    [0xf3ba_0000, 'VREV64 of 64 bits'],
    [0xf3ba_0180, 'VZIP of two words in doublewords'],
    [0xf3b2_0500, 'VCNT of words'],
    [0xf280_0f30, 'a modified immediate of op 1 and cmode 15'],
    [0xf421_073f, 'VLD1 of one register, aligned to 256 bits'],
    [0xf421_08cf, 'VLD2 of 64 bits'],
    [0xf4a1_021f, 'VLD3 of a byte lane with an alignment'],
    [0xf4a1_0ecf, 'VLD3 of all lanes of no size'],
    [0xf481_0c0f, 'VST1 of all lanes'],
  ])('%i is UNDEFINED: %s', (word) => expect(() => decodeWord(word)).toThrow(UndefinedInstruction));

  it.each([
    [0xf42f_070f, 'pc as the base is UNPREDICTABLE'],
    [0xf461_f20f, 'a register beyond d31 is UNPREDICTABLE'],
    [0xf3ff_0bab, 'a table beyond d31 is UNPREDICTABLE'],
    [0xf3b2_0080, 'exchanging lanes within one register has an UNKNOWN result'],
    [0xf280_0210, 'a zero that is shifted is UNPREDICTABLE'],
  ])('%i is refused: %s', (word, why) => {
    expect(() => decodeWord(word)).toThrow(UnmodelledInstruction);
    expect(() => decodeWord(word)).toThrow(why);
  });

  it('has no row of a name in the conditional space', () => {
    const taken = new Set(A32_CONDITIONAL.rows.map(({row}) => row.name));
    expect(NEON.map(({name}) => name).filter((name) => taken.has(name))).toEqual([]);
  });
});
