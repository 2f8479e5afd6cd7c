import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {A32_CONDITIONAL, A32_UNCONDITIONAL} from '../../src/isa/a32/a32.ts';
import {
  compilePattern,
  contains,
  encode,
  matches,
  matchesButForShould,
  overlap,
  readFields,
} from '../../src/isa/core/bits.ts';
import {checkOverlaps, DecodeTable} from '../../src/isa/core/decode.ts';
import {UndefinedInstruction, UnmodelledInstruction} from '../../src/isa/core/errors.ts';
import type {Operation, Row} from '../../src/isa/core/operation.ts';
import {SYSTEM_CONDITIONAL, SYSTEM_NARROW, SYSTEM_UNCONDITIONAL, SYSTEM_WIDE} from '../../src/isa/system/decode.ts';
import {T32_LITERAL, T32_NARROW, T32_WIDE} from '../../src/isa/t32/t32.ts';
import {decodeHalves, decodeWord} from './assemble.ts';

const row = (name: string, bits: string, specialises?: readonly string[]): Row => ({
  name,
  bits,
  ...(specialises ? {specialises} : {}),
  operands: () => ({class: 'system'}),
  execute: () => {},
});
const OTHER = '00000000 00000000 00000000';

describe('a pattern', () => {
  it.each([
    ['0000', "'0000' draws 4 bits, not 32"],
    [`${OTHER} a:4 a:4`, 'field a is drawn twice'],
    [`${OTHER} 0000 x000`, "'x000' is neither fixed bits nor name:width"],
    [`${OTHER} 0000 00000`, 'draws 33 bits'],
  ])('%s is refused', (bits, message) => expect(() => compilePattern(bits)).toThrow(message));

  it('encodes what it reads', () => {
    const pattern = compilePattern('cond:4 0000 000 S:1 Rd:4 0000 Rm:4 1001 Rn:4');
    const word = encode(pattern, {cond: 14, S: 1, Rd: 3, Rm: 5, Rn: 7});
    expect(word).toBe(0xe013_0597);
    expect(readFields(pattern, word)('Rm')).toBe(5);
    expect(() => readFields(pattern, word)('Ra')).toThrow('no field Ra');
    expect(() => encode(pattern, {cond: 16, S: 1, Rd: 3, Rm: 5, Rn: 7})).toThrow('field cond');
  });

  it('may be of a half-word', () => {
    expect(compilePattern('1011 1111 firstcond:4 mask:4', 16)).toMatchObject({mask: 0xff00, value: 0xbf00, should: 0});
    expect(() => compilePattern('1011 1111', 16)).toThrow("'1011 1111' draws 8 bits, not 16");
  });

  it('tells a bit that only should be so from others', () => {
    const pattern = compilePattern(`${OTHER} 01 (01) a:4`);
    expect(pattern).toMatchObject({mask: ~0xf, value: 0x50, should: 0x30});
    expect([0x50, 0x5f].map((word) => matches(pattern, word))).toEqual([true, true]);
    expect([0x40, 0x70, 0x50, 0xd0, 0xc0].map((word) => matchesButForShould(pattern, word))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

const check = (rows: readonly Row[]): void => checkOverlaps(new DecodeTable(rows).rows);

describe('a table', () => {
  it('refuses two rows that overlap', () => {
    expect(() => check([row('A', `${OTHER} 0000 x:4`), row('B', `${OTHER} y:4 0000`)])).toThrow('rows A and B overlap');
  });
  it('refuses a specialisation that is not contained', () => {
    expect(() => check([row('A', `${OTHER} 0000 x:4`, ['B']), row('B', `${OTHER} y:8`)])).not.toThrow();
    expect(() => check([row('A', `${OTHER} z:1 000 x:4`, ['B']), row('B', `${OTHER} 0 y:4 000`)])).toThrow('overlap');
  });
  it('refuses an unknown or repeated name', () => {
    expect(() => check([row('A', `${OTHER} 0000 x:4`, ['C'])])).toThrow('specialises C, which is no row');
    expect(() => check([row('A', `${OTHER} 0000 x:4`), row('A', `${OTHER} 0001 x:4`)])).toThrow('one name');
  });
  it('is checked where a word is looked up', () => {
    const table = new DecodeTable([
      row('A', `${OTHER} 0000 x:4`),
      row('B', `${OTHER} y:4 0000`),
      row('C', `${OTHER} 1111 0001`),
    ]);
    expect(table.find(0xf1)?.row.name).toBe('C');
    for (const word of [0x00, 0x01]) expect(() => table.find(word)).toThrow('rows A and B overlap');
  });
  it('prefers the specialisation, in whatever order the rows come', () => {
    const rows = [row('general', `${OTHER} 0000 x:4`), row('special', `${OTHER} 0000 1111`, ['general'])];
    for (const order of [rows, rows.toReversed()]) {
      const table = new DecodeTable(order);
      expect([table.find(0xf)?.row.name, table.find(0xe)?.row.name]).toEqual(['special', 'general']);
    }
  });
});

const TABLES: Readonly<Record<string, DecodeTable>> = {
  A32_CONDITIONAL,
  A32_UNCONDITIONAL,
  T32_NARROW,
  T32_WIDE,
  T32_LITERAL,
  SYSTEM_CONDITIONAL,
  SYSTEM_UNCONDITIONAL,
  SYSTEM_NARROW,
  SYSTEM_WIDE,
};

describe.each(Object.entries(TABLES))('table %s', (_, table) => {
  it('finds the row that encoded a word, or one that specialises it, and its fields', () => {
    const anyWord = fc
      .constantFrom(...table.rows)
      .chain((compiled) =>
        fc
          .record(Object.fromEntries(compiled.pattern.fields.map(({name, width}) => [name, fc.nat(2 ** width - 1)])))
          .map((values) => ({compiled, values})),
      );
    fc.assert(
      fc.property(anyWord, ({compiled, values}) => {
        const word = encode(compiled.pattern, values as Record<string, number>);
        const found = table.find(word);
        expect(found).toBeDefined();
        if (found !== compiled) expect(contains(compiled.pattern, found!.pattern)).toBe(true);
        const fields = readFields(compiled.pattern, word);
        for (const [name, value] of Object.entries(values)) expect(fields(name)).toBe(value);
      }),
      {seed: 7, numRuns: 2500},
    );
  });

  it('has no other overlaps than specialisations', () => checkOverlaps(table.rows));

  it('has specialisations that name every row they overlap', () => {
    for (const a of table.rows) {
      const over = table.rows.filter((b) => b !== a && overlap(a.pattern, b.pattern) && contains(b.pattern, a.pattern));
      expect([a.row.name, over.map((b) => b.row.name).toSorted()]).toEqual([
        a.row.name,
        [...(a.row.specialises ?? [])].toSorted(),
      ]);
    }
  });
});

const WORDS = Number(process.env.TRAPWALK_CASES ?? 5000);

/** The operation, or undefined for what is UNDEFINED or not modelled; any other error is one of the decoder. */
const decodeAny = (decode: () => Operation): Operation | undefined => {
  try {
    return decode();
  } catch (error) {
    if (error instanceof UndefinedInstruction || error instanceof UnmodelledInstruction) return undefined;
    throw error;
  }
};

describe('any bits', () => {
  const word = fc.integer({min: 0, max: 0xffff_ffff});
  const half = fc.nat(0xffff);

  it('are an A32 operation of a matching row, UNDEFINED or unmodelled', () => {
    fc.assert(
      fc.property(word, (bits) => {
        const operation = decodeAny(() => decodeWord(bits, 0x8000, 3));
        const table = bits >>> 28 === 15 ? A32_UNCONDITIONAL : A32_CONDITIONAL;
        if (operation) expect(table.find(bits)?.row.name).toBe(operation.name);
      }),
      {seed: 8, numRuns: WORDS},
    );
  }, 3_600_000);

  it('are a T32 operation with its condition, UNDEFINED or unmodelled, in and out of IT blocks', () => {
    const itState = fc.oneof(
      fc.constant(0),
      fc.integer({min: 0x10, max: 0xef}).filter((state) => (state & 15) !== 0),
    );
    fc.assert(
      fc.property(half, half, itState, (first, second, state) => {
        const halves = first < 0xe800 ? [first] : [first, second];
        const operation = decodeAny(() => decodeHalves(halves, 0x8002, state, 3));
        if (!operation) return;
        expect(operation).toMatchObject({length: 2 * halves.length, thumb: 1, pc: 0x8006, itState: state});
        const conditions = operation.name === 'BKPT' ? [14] : [state >>> 4];
        if (state !== 0) expect(conditions).toContain(operation.condition);
        else if (!/^B T[13]/.test(operation.name)) expect(operation.condition).toBe(14);
      }),
      {seed: 9, numRuns: 3 * WORDS},
    );
  }, 3_600_000);
});

const namesOf = (...tables: readonly DecodeTable[]): ReadonlySet<string> =>
  new Set(tables.flatMap(({rows}) => rows.map(({row: {name}}) => name)));
const A32_NAMES = namesOf(A32_CONDITIONAL, A32_UNCONDITIONAL);
const T32_NAMES = namesOf(T32_NARROW, T32_WIDE, T32_LITERAL, A32_CONDITIONAL);

describe('a word', () => {
  it.each([
    [0xe7f0_00f0, 'UNDEFINED'], // UDF
    [0xf10c_0080, 'CPS'], // CPSID
    [0xee07_0f9a, 'MCR CP15DSB'], // allowed
    [0xee01_0f10, 'UNDEFINED'], // SCTLR
    [0xee10_0510, 'UNDEFINED'], // coprocessor 5
    [0xee10_0e10, 'not modelled'], // DBGDIDR
    [0xe140_0070, 'UNDEFINED'], // HVC
    [0xe160_0070, 'UNDEFINED'], // SMC
    [0xe1a0_f00e, 'MOV (register)'],
    [0xe1a1_f00e, 'not what it should be'],
    [0xe00f_0190, 'pc as an operand'],
    [0xe8bd_0000, 'empty register list'],
    [0xe8d0_8000, 'in user mode it is UNPREDICTABLE'], // LDM, exception return
    [0xe14f_0000, 'in user mode it is UNPREDICTABLE'], // MRS SPSR
    [0xf101_0200, 'big-endian'], // SETEND BE
    [0xf101_0000, 'SETEND'],
    [0xf411_f000, 'unallocated hint (immediate)'],
    [0xf57f_f000, 'UNPREDICTABLE'],
  ])('%i: %s', (word, expected) => {
    const decode = (): string => decodeWord(word, 0x8000, 0).name;
    if (A32_NAMES.has(expected)) expect(decode()).toBe(expected);
    else expect(decode).toThrow(expected);
  });

  it.each([
    [[0xde00], 0, 'UNDEFINED'], // UDF
    [[0xf7f0, 0xa000], 0, 'UNDEFINED'], // UDF
    [[0xbf00], 0, 'NOP T1'],
    [[0xbff0], 0, 'hint T1'],
    [[0xbfe6], 0, 'IT of these conditions'],
    [[0xbf08], 0x08, 'UNPREDICTABLE in an IT block'], // IT
    [[0xb100], 0x08, 'UNPREDICTABLE in an IT block'], // CBZ
    [[0xd000], 0x08, 'UNPREDICTABLE in an IT block'], // BEQ
    [[0x4770], 0x04, 'except as its last'], // BX lr
    [[0x4770], 0x08, 'BX T1'],
    [[0xbd80], 0x04, 'except as its last'], // POP {r7, pc}
    [[0xdf00], 0x04, 'except as its last'], // SVC
    [[0x4500], 0, 'two low registers'], // CMP
    [[0x4771], 0, 'not what it should be'], // BX
    [[0xe92d, 0x0010], 0, 'fewer than two registers'], // PUSH.W {r4}
    [[0xf001, 0x0d00], 0, 'sp or pc as an operand'], // AND sp, r1, #0
    [[0xf100, 0x1000], 0, 'repeated byte of 0'],
    [[0xfb01, 0xf0f2], 0, 'UNDEFINED'],
    [[0xeac1, 0x0012], 0, 'UNDEFINED'], // PKHBT with T = 1
    [[0xf840, 0x0400], 0, 'UNDEFINED'], // STR, P = W = 0
    [[0xee1d, 0xdf70], 0, 'sp as an operand'], // MRC sp, TPIDRURO
    [[0xee1d, 0x0f70], 0x08, 'MRC TPIDRURO'],
    [[0xed8f, 0x0b00], 0, 'pc as the base'], // VSTR d0, [pc]
  ])('%j in IT state %i: %s', (halves, itState, expected) => {
    const decode = (): string => decodeHalves(halves, 0x8000, itState).name;
    if (T32_NAMES.has(expected)) expect(decode()).toBe(expected);
    else expect(decode).toThrow(expected);
  });

  it('that cannot be decoded is named with its place', () => {
    expect(() => decodeWord(0xe7f0_00f0, 0x1234_5678, 0)).toThrow('instruction 0xe7f000f0 at 0x12345678');
    // The word as it stands in memory, not the A32 word that it is looked up as.
    expect(() => decodeHalves([0xf920, 0x0bff], 0x1234_5678)).toThrow('instruction 0xf9200bff at 0x12345678');
  });
});
