/**
 * Random programs of both instruction sets that end: loops are counted, calls go to functions further down, addresses are
 * formed within a scratch area. What cannot be kept from faulting (misaligned multiple transfers, protected pages) is
 * taken by signal handlers. A program is a tree, so that a failing one shrinks; {@link describeProgram} prints it.
 */

import fc from 'fast-check';
import {hexadecimal} from '../../src/isa/core/errors.ts';
import {drawA32, drawT32} from './random-programs/draws.ts';
import {DATA} from './random-programs/layout.ts';
import {
  type Draw,
  FAULTING,
  type InstructionSet,
  PATCHING,
  type RandomProgram,
  REMAPPINGS,
  type Statement,
  SYSTEM_CALLS,
} from './random-programs/tree.ts';

export {buildProgram} from './random-programs/image.ts';
export type {RandomProgram} from './random-programs/tree.ts';

const drawArbitrary: fc.Arbitrary<Draw> = fc.record({row: fc.nat(1 << 12), seed: fc.nat(0x7fff_ffff)});
const maskArbitrary = fc.constantFrom(0, 1, 3, 7, 15, 63, 127);
const draws = (most: number): fc.Arbitrary<readonly Draw[]> => fc.array(drawArbitrary, {minLength: 1, maxLength: most});

const {statement: statementArbitrary} = fc.letrec<{body: readonly Statement[]; statement: Statement}>((tie) => ({
  body: fc.array(tie('statement'), {minLength: 1, maxLength: 5}),
  statement: fc.oneof(
    {maxDepth: 3, depthSize: 'small'},
    {weight: 10, arbitrary: fc.record({kind: fc.constant('straight' as const), draws: draws(12)})},
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('conditional' as const),
        condition: fc.nat(13),
        mask: fc.nat(15),
        draws: draws(4),
      }),
    },
    {weight: 2, arbitrary: fc.record({kind: fc.constant('jump' as const), register: fc.constantFrom(...DATA)})},
    {
      weight: 1,
      arbitrary: fc.record({kind: fc.constant('system' as const), call: fc.constantFrom(...SYSTEM_CALLS)}),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('fault' as const),
        access: fc.constantFrom(...FAULTING),
        offset: fc.constantFrom(-8, -4, -2, 0, 4, 64),
        mask: fc.constantFrom(15, 63, 127),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('floating modes' as const),
        fpscr: fc.constantFrom(0, 0x10, 0x0100_0000, 0x0200_0000, 0x0300_0010, 0x0040_0000, 0x0080_0010, 0xf000_009f),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({kind: fc.constant('if' as const), condition: fc.nat(13), body: tie('body')}),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('loop' as const),
        count: fc.integer({min: 1, max: 5}),
        body: tie('body'),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({kind: fc.constant('sometimes' as const), mask: maskArbitrary, body: tie('body')}),
    },
    {
      weight: 3,
      arbitrary: fc.record({kind: fc.constant('call' as const), callee: fc.nat(2), byRegister: fc.boolean()}),
    },
    {
      weight: 3,
      arbitrary: fc
        .record({
          mask: maskArbitrary,
          patch: fc.record({
            kind: fc.constant('patch' as const),
            where: fc.constantFrom('here' as const, 'function' as const),
            flush: fc.boolean(),
            by: fc.constantFrom(...PATCHING),
            draw: drawArbitrary,
            mask: maskArbitrary,
          }),
        })
        .map(({mask, patch}) => ({kind: 'sometimes' as const, mask, body: [patch]})),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('remap' as const),
        how: fc.constantFrom(...REMAPPINGS),
        mask: fc.constantFrom(7, 31, 63, 126),
      }),
    },
  ),
}));

const topBody = fc.array(statementArbitrary, {minLength: 1, maxLength: 10});
const programs = (
  iterations: readonly number[],
  tasks: readonly RandomProgram['tasks'][],
  mostFunctions: number,
): fc.Arbitrary<RandomProgram> =>
  fc.record({
    iterations: fc.constantFrom(...iterations),
    functions: fc.array(fc.record({set: fc.constantFrom('A32' as const, 'T32' as const), body: topBody}), {
      minLength: 1,
      maxLength: mostFunctions,
    }),
    timer: fc.constantFrom(0, 0, 0, 1, 3, 17, 50),
    tasks: fc.constantFrom(...tasks),
    seed: fc.nat(0x7fff_ffff),
  });

export const shortPrograms = programs([100, 200, 400], ['none', 'none', 'fork', 'thread', 'fork and thread'], 5);
/** Tasks whose turns end anywhere in hot loops. */
export const longPrograms = programs([30_000], ['fork', 'thread', 'fork and thread'], 2);

const drawText = (set: InstructionSet, one: Draw): string => {
  const drawn = set === 'A32' ? drawA32(one) : drawT32(one);
  if (drawn === undefined) return 'nothing';
  return `${drawn.operation.name} ${hexadecimal(drawn.operation.word)}${drawn.operation.condition === 14 ? '' : ` (condition ${drawn.operation.condition})`}`;
};

const statementLines = (set: InstructionSet, statement: Statement, indent: string): readonly string[] => {
  const {kind, ...rest} = statement;
  const own = Object.entries(rest).filter(([name]) => !['draws', 'draw', 'body'].includes(name));
  const head = `${indent}${kind}${own.map(([name, value]) => ` ${name}=${value}`).join('')}`;
  const list = 'draws' in statement ? statement.draws : 'draw' in statement ? [statement.draw] : [];
  const inner = 'body' in statement ? statement.body : [];
  return [
    head,
    ...list.map((one) => `${indent}  ${drawText(set, one)}`),
    ...inner.flatMap((one) => statementLines(set, one, `${indent}  `)),
  ];
};

/** The tree as text, a line each. */
export const describeProgram = ({functions, ...rest}: RandomProgram): string =>
  [
    Object.entries(rest)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
    ...functions.flatMap(({set, body}, index) => [
      `function ${index} (${set})`,
      ...body.flatMap((statement) => statementLines(set, statement, '  ')),
    ]),
  ].join('\n');
