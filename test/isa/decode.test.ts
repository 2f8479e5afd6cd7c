import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {A32_CONDITIONAL, A32_UNCONDITIONAL} from '../../src/isa/a32/a32.ts';
import {compilePattern, contains, encode, matches, overlap, readFields} from '../../src/isa/core/bits.ts';
import {DecodeTable} from '../../src/isa/core/decode.ts';
import {UnmodelledInstruction} from '../../src/isa/core/errors.ts';
import type {Row} from '../../src/isa/core/operation.ts';
import {decodeWord} from './assemble.ts';

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
});

describe('a table', () => {
  it('refuses two rows that overlap', () => {
    expect(() => new DecodeTable([row('A', `${OTHER} 0000 x:4`), row('B', `${OTHER} y:4 0000`)])).toThrow(
      'rows A and B overlap',
    );
  });
  it('refuses a specialisation that is not contained', () => {
    expect(() => new DecodeTable([row('A', `${OTHER} 0000 x:4`, ['B']), row('B', `${OTHER} y:8`)])).not.toThrow();
    expect(() => new DecodeTable([row('A', `${OTHER} z:1 000 x:4`, ['B']), row('B', `${OTHER} 0 y:4 000`)])).toThrow(
      'overlap',
    );
  });
  it('refuses an unknown or repeated name', () => {
    expect(() => new DecodeTable([row('A', `${OTHER} 0000 x:4`, ['C'])])).toThrow('specialises C, which is no row');
    expect(() => new DecodeTable([row('A', `${OTHER} 0000 x:4`), row('A', `${OTHER} 0001 x:4`)])).toThrow('one name');
  });
  it('prefers the specialisation, in whatever order the rows come', () => {
    const rows = [row('general', `${OTHER} 0000 x:4`), row('special', `${OTHER} 0000 1111`, ['general'])];
    for (const order of [rows, rows.toReversed()]) {
      const table = new DecodeTable(order);
      expect([table.find(0xf)?.row.name, table.find(0xe)?.row.name]).toEqual(['special', 'general']);
    }
  });
});

const ALL = [...A32_CONDITIONAL.rows, ...A32_UNCONDITIONAL.rows];

describe('the A32 tables', () => {
  it('find the row that encoded a word, or one that specialises it, and its fields', () => {
    const anyWord = fc
      .constantFrom(...ALL)
      .chain((compiled) =>
        fc
          .record(Object.fromEntries(compiled.pattern.fields.map(({name, width}) => [name, fc.nat(2 ** width - 1)])))
          .map((values) => ({compiled, values})),
      );
    fc.assert(
      fc.property(anyWord, ({compiled, values}) => {
        fc.pre(values.cond !== 15);
        const word = encode(compiled.pattern, values as Record<string, number>);
        const table = word >>> 28 === 15 ? A32_UNCONDITIONAL : A32_CONDITIONAL;
        const found = table.find(word);
        expect(found).toBeDefined();
        if (found !== compiled) expect(contains(compiled.pattern, found!.pattern)).toBe(true);
        const fields = readFields(compiled.pattern, word);
        for (const [name, value] of Object.entries(values)) expect(fields(name)).toBe(value);
      }),
      {seed: 7, numRuns: 20_000},
    );
  });

  it('give any word to an operation of a matching row or to UnmodelledInstruction', () => {
    fc.assert(
      fc.property(fc.integer({min: 0, max: 0xffff_ffff}), (word) => {
        try {
          const operation = decodeWord(word, 0x8000, 3);
          const table = word >>> 28 === 15 ? A32_UNCONDITIONAL : A32_CONDITIONAL;
          expect(
            table.rows.find(({row: {name}}) => name === operation.name && matches(table.find(word)!.pattern, word)),
          ).toBeDefined();
        } catch (error) {
          expect(error).toBeInstanceOf(UnmodelledInstruction);
        }
      }),
      {seed: 8, numRuns: 50_000},
    );
  });

  it('have specialisations that name every row they overlap', () => {
    for (const table of [A32_CONDITIONAL, A32_UNCONDITIONAL]) {
      for (const a of table.rows) {
        const over = table.rows.filter(
          (b) => b !== a && overlap(a.pattern, b.pattern) && contains(b.pattern, a.pattern),
        );
        expect([a.row.name, over.map((b) => b.row.name).toSorted()]).toEqual([
          a.row.name,
          [...(a.row.specialises ?? [])].toSorted(),
        ]);
      }
    }
  });

  it.each([
    [0xe7f0_00f0, 'no row'], // UDF
    [0xf10c_0080, 'no row'], // CPSID
    [0xee07_0f9a, 'MCR CP15DSB'], // allowed
    [0xe1a0_f00e, 'MOV (register)'],
    [0xe00f_0190, 'pc as an operand'],
    [0xe8bd_0000, 'empty register list'],
    [0xe8d0_8000, 'no row'], // LDM, user registers
    [0xf2a0_0110, 'no row'], // NEON
  ])('word %i: %s', (word, expected) => {
    const decode = (): string => decodeWord(word, 0x8000, 0).name;
    if (expected.startsWith('M')) expect(decode()).toBe(expected);
    else expect(decode).toThrow(expected);
  });

  it('name the place of a word that they do not have', () => {
    expect(() => decodeWord(0xe7f0_00f0, 0x1234_5678, 0)).toThrow('instruction 0xe7f000f0 at 0x12345678');
  });
});
