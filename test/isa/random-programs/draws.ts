/** Random instructions that do no harm, of every row but those that branch or depend on the process. */
import {A32_CONDITIONAL, A32_UNCONDITIONAL} from '../../../src/isa/a32/a32.ts';
import {encode} from '../../../src/isa/core/bits.ts';
import type {CompiledRow} from '../../../src/isa/core/decode.ts';
import {UndefinedInstruction, UnmodelledInstruction} from '../../../src/isa/core/errors.ts';
import type {Operation} from '../../../src/isa/core/operation.ts';
import {T32_LITERAL, T32_NARROW, T32_WIDE} from '../../../src/isa/t32/t32.ts';
import {decodeHalves, decodeWord, halvesOf} from '../assemble.ts';
import {type Random, randomBits} from '../random-cases.ts';
import {words} from './dialects.ts';
import {ADDRESS, DATA, LOW_ADDRESS, LOW_OFFSET, PC, SOURCES, TEMPORARY, WRITABLE} from './layout.ts';
import type {Draw} from './tree.ts';

/** What needs privileges, leaves the program, or depends on what is drawn elsewhere. */
const LEFT_OUT =
  /^(MSR|VMSR|SETEND|CPS|WF|SEV|YIELD|DBG|SVC|BKPT|UDF|IT$|MRC|MCR|CDP|LDC|STC|B|CB|TB|RFE|SRS|ERET|SMC|HVC)\b/;
const ADDRESSED = /^(LDR|STR|LDM|STM|SWP|VLD|VST|PLD|PLI|PUSH|POP)/;

const A32_ROWS = [...A32_CONDITIONAL.rows, ...A32_UNCONDITIONAL.rows].filter(({row}) => !LEFT_OUT.test(row.name));
const T32_ROWS = [T32_NARROW, T32_WIDE, T32_LITERAL].flatMap(({rows, width}) =>
  rows.filter(({row}) => !LEFT_OUT.test(row.name)).map((compiled) => ({...compiled, width})),
);
const PLAIN_A32 = A32_ROWS.filter(({row}) => !row.name.startsWith('V'));

const below = (random: Random, limit: number): number => random() % limit;
export const pick = <T>(random: Random, values: readonly T[]): T => values[below(random, values.length)] as T;

const fieldValue = (random: Random, row: string, name: string, width: number): number => {
  if (name === 'cond') return below(random, 3) === 0 ? below(random, 15) : 14;
  if (name === 'S') return below(random, 3) === 0 ? 0 : 1;
  if (ADDRESSED.test(row)) {
    if (name === 'Rn') return width === 4 ? ADDRESS : LOW_ADDRESS;
    if (name === 'Rm') return width === 4 ? TEMPORARY : LOW_OFFSET;
    if (name === 'type') return 0;
    if (name === 'imm5' && row.includes('register')) return below(random, 4);
  }
  // Few vector registers, so that instructions depend on one another.
  if (/^[DNM]$/.test(name)) return below(random, 8) === 0 ? 1 : 0;
  if (/^V[dnm]$/.test(name)) return random() & (below(random, 4) === 0 ? 15 : 3);
  if (/^R(d|t|dLo|dHi|dn|t2)$/.test(name) && width === 4) return pick(random, DATA);
  if (/^R/.test(name) && width === 4) return below(random, 16) === 0 ? PC : pick(random, SOURCES);
  return random() & (2 ** width - 1);
};

export const draw = (random: Random, {row, pattern}: CompiledRow): number =>
  encode(
    pattern,
    Object.fromEntries(pattern.fields.map(({name, width}) => [name, fieldValue(random, row.name, name, width)])),
  );

export const isAccess = ({meta}: Operation): boolean => (meta & 0xff) !== 0;
/** Neither branches nor writes what the program needs, and reads and writes memory at the address register only. */
const isHarmless = (operation: Operation): boolean => {
  const {end, pipeline, n} = operation;
  if (end !== undefined || (pipeline.writes & ~WRITABLE) !== 0) return false;
  return !isAccess(operation) || [ADDRESS, LOW_ADDRESS, PC].includes(n);
};

export const decoded = (decode: () => Operation): Operation | undefined => {
  try {
    const operation = decode();
    return isHarmless(operation) ? operation : undefined;
  } catch (error) {
    if (error instanceof UnmodelledInstruction || error instanceof UndefinedInstruction) return undefined;
    throw error;
  }
};

const ATTEMPTS = 12;
export interface Drawn {
  readonly code: readonly number[];
  readonly operation: Operation;
}

/** Code is half-words of either set. */
export const drawA32 = ({row, seed}: Draw): Drawn | undefined => {
  const random = randomBits(seed);
  // Half of them from the core's rows, which are fewer.
  const rows = (row & 1) === 0 ? PLAIN_A32 : A32_ROWS;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const word = draw(random, rows[(row >>> 1) % rows.length]!);
    const operation = decoded(() => decodeWord(word));
    if (operation) return {code: words(word), operation};
  }
  return undefined;
};
export const drawT32 = ({row, seed}: Draw, itState = 0): Drawn | undefined => {
  const random = randomBits(seed);
  const compiled = T32_ROWS[row % T32_ROWS.length]!;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const word = draw(random, compiled);
    const code = compiled.width === 16 ? [word] : halvesOf(word);
    const operation = decoded(() => decodeHalves(code, 0x8000, itState));
    if (operation) return {code, operation};
  }
  return undefined;
};
