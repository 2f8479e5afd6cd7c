/** What two emulators must have in common at one instruction count, and where they do not. */
import {STATE, VFP_WORDS} from './core/state.ts';
import type {Emulator} from './emulator.ts';
import {FRAME_SHIFT, MAPPED, PERMISSIONS, SHARED} from './memory/address-space.ts';
import {PAGE, PAGE_SHIFT} from './memory/layout.ts';
import type {Memory} from './memory/memory.ts';

/** Of what the two have done since they were last compared, and of their state. */
export interface Difference {
  readonly kind: 'count' | 'state' | 'flags' | 'memory' | 'mapping' | 'records' | 'output' | 'ending';
  readonly what: string;
  /** First and second engine. */
  readonly values: readonly [string, string];
  /** The state's word of kind 'state', the address of kind 'memory', the index of the word of kind 'records'. */
  readonly at?: number;
}

/** What an emulator has done since it was last looked at. */
export interface Progress {
  readonly emulator: Emulator;
  /** Records, all chunks behind one another. */
  readonly records: Uint32Array;
  /** By descriptor. */
  readonly output: ReadonlyMap<number, Uint8Array>;
  readonly warnings: readonly string[];
  /** How it ended: an exit code, or the message of an error; undefined while it goes on. */
  readonly ending: string | undefined;
}

export const hexadecimal = (value: number): string => `0x${(value >>> 0).toString(16).padStart(8, '0')}`;

/** N, Z, C and V of an APSR. */
export const FLAGS = 0xf000_0000 | 0;
const NZCV = ['N', 'Z', 'C', 'V'] as const;
export const flagsText = (apsr: number): string =>
  NZCV.map((flag, bit) => (apsr & (0x8000_0000 >>> bit) ? flag : flag.toLowerCase())).join('');

/** Words of the state by name; N and Z are kept as results, so flags are compared as APSR has them. */
const numbered = (count: number, first: number, name: (index: number) => string) =>
  Array.from({length: count}, (_, index) => [name(index), first + index] as const);
const half = (word: number): string => `d${word >> 1}[${word & 1}]`;
export const STATE_WORDS: readonly (readonly [name: string, word: number])[] = [
  ...numbered(13, STATE.registers, (index) => `r${index}`),
  ['sp', 13],
  ['lr', 14],
  ['next', STATE.next],
  ['Q', STATE.saturated],
  ['GE', STATE.greaterEqual],
  ['IT', STATE.itState],
  ['FPSCR.NZCV', STATE.fpscrFlags],
  ['FPSCR modes', STATE.fpscrModes],
  ['FPSCR cumulative', STATE.fpscrCumulative],
  ['TPIDRURO', STATE.threadPointer],
  ['TPIDRURW', STATE.threadPointerWritable],
  ['monitor size', STATE.exclusiveSize],
  ...numbered(VFP_WORDS, STATE.vfp, half),
];

const stateDifferences = ([a, b]: readonly [Emulator, Emulator]): readonly Difference[] => {
  const [left, right] = [a.cpu.state, b.cpu.state];
  const found: Difference[] = STATE_WORDS.filter(([, word]) => left[word] !== right[word]).map(([what, at]) => ({
    kind: 'state',
    what,
    values: [hexadecimal(left[at]!), hexadecimal(right[at]!)],
    at,
  }));
  const flags = [a.cpu.apsr & FLAGS, b.cpu.apsr & FLAGS] as const;
  if (flags[0] !== flags[1])
    found.push({kind: 'flags', what: 'flags', values: [flagsText(flags[0]), flagsText(flags[1])]});
  return found;
};

/** CPSR.M, and what user mode has there; bits that are 0 in user mode. */
const MODE = 0x1f;
const USER_MODE = 0x10;
const NEVER_SET = 0x01f0_03c0;
/** Of a CPSR in a signal's frame, flags may differ that are dead in the code that the signal interrupted. */
const isStatusWithDeadFlags = (a: number, b: number): boolean =>
  ((a ^ b) & ~FLAGS) === 0 && (a & MODE) === USER_MODE && (a & NEVER_SET) === 0;

const MOST_WORDS_TOLD = 8;
const NO_PAGE = new Uint8Array(PAGE);
const contents = (memory: Memory, entry: number): Uint8Array => {
  const frame = entry >>> FRAME_SHIFT;
  return frame === 0 ? NO_PAGE : memory.frameContents(frame);
};
const entriesOf = ({space}: Memory): ReadonlyMap<number, number> => {
  const entries = new Map<number, number>();
  space.forEach((page, entry) => {
    entries.set(page, entry);
  });
  return entries;
};
const MAPPING = MAPPED | PERMISSIONS | SHARED;

const wordDifferences = (page: number, a: Uint8Array, b: Uint8Array): readonly Difference[] => {
  if (Buffer.compare(a, b) === 0) return [];
  const [left, right] = [a, b].map((data) => new DataView(data.buffer, data.byteOffset, PAGE)) as [DataView, DataView];
  const found: Difference[] = [];
  for (let offset = 0; offset < PAGE; offset += 4) {
    const [first, second] = [left.getUint32(offset, true), right.getUint32(offset, true)];
    if (first === second || isStatusWithDeadFlags(first, second)) continue;
    const at = page * 2 ** PAGE_SHIFT + offset;
    found.push({
      kind: 'memory',
      what: `memory ${hexadecimal(at)}`,
      values: [hexadecimal(first), hexadecimal(second)],
      at,
    });
  }
  return found;
};

/** Of the current address spaces: mapped pages, and what they hold. Nothing of either memory's bookkeeping changes. */
export const memoryDifferences = (a: Memory, b: Memory): readonly Difference[] => {
  const [left, right] = [entriesOf(a), entriesOf(b)];
  const found: Difference[] = [];
  for (const page of new Set([...left.keys(), ...right.keys()])) {
    const [first, second] = [left.get(page) ?? 0, right.get(page) ?? 0];
    if (((first ^ second) & MAPPING) !== 0) {
      const what = `page ${hexadecimal(page * PAGE)}`;
      found.push({kind: 'mapping', what, values: [hexadecimal(first & MAPPING), hexadecimal(second & MAPPING)]});
    } else found.push(...wordDifferences(page, contents(a, first), contents(b, second)));
    if (found.length >= MOST_WORDS_TOLD) break;
  }
  return found;
};

const recordDifference = (a: Uint32Array, b: Uint32Array): readonly Difference[] => {
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a[at] === b[at]) at++;
  if (at === length && a.length === b.length) return [];
  const word = (records: Uint32Array): string => (at < records.length ? hexadecimal(records[at]!) : 'none');
  return [{kind: 'records', what: `word ${at} of the records`, values: [word(a), word(b)], at}];
};

const NOTHING = new Uint8Array(0);
const outputDifferences = (a: Progress, b: Progress): readonly Difference[] =>
  [...new Set([...a.output.keys(), ...b.output.keys()])].flatMap((fd) => {
    const values = [a, b].map(({output}) => Buffer.from(output.get(fd) ?? NOTHING).toString('latin1'));
    return values[0] === values[1]
      ? []
      : [
          {
            kind: 'output' as const,
            what: `output to ${fd}`,
            values: values.map((text) => JSON.stringify(text)) as [string, string],
          },
        ];
  });

const plain = (kind: Difference['kind'], what: string, a: unknown, b: unknown): readonly Difference[] =>
  a === b ? [] : [{kind, what, values: [String(a), String(b)]}];

export const isOnlyFlags = (found: readonly Difference[]): boolean => found.every(({kind}) => kind === 'flags');

/** Blocks after which flags that differ must have been overwritten. */
const SETTLING_BLOCKS = 400;

/**
 * Leads both on, a block at a time, until flags that alone differ are overwritten.
 * @param found the differences now.
 * @param advance leads both to a count, and says what differs there.
 * @returns whether they agree then.
 */
export const settles = (
  both: {readonly instructions: number; readonly hasEnded: boolean},
  found: readonly Difference[],
  advance: (count: number) => readonly Difference[],
): boolean => {
  let now = found;
  for (let blocks = 0; now.length > 0; blocks++) {
    if (!isOnlyFlags(now)) return false;
    if (both.hasEnded) return true;
    if (blocks === SETTLING_BLOCKS) return false;
    now = advance(both.instructions + 1);
  }
  return true;
};

/** All differences; of memory the first few words. */
export const differences = (a: Progress, b: Progress): readonly Difference[] => [
  ...plain('count', 'instructions', a.emulator.instructions, b.emulator.instructions),
  ...plain('ending', 'ending', a.ending, b.ending),
  ...stateDifferences([a.emulator, b.emulator]),
  ...recordDifference(a.records, b.records),
  ...plain('records', 'blocks decoded', a.emulator.blocks.length, b.emulator.blocks.length),
  ...outputDifferences(a, b),
  ...plain('output', 'warnings', a.warnings.join('\n'), b.warnings.join('\n')),
  ...plain('mapping', 'address space', a.emulator.cpu.memory.space.id, b.emulator.cpu.memory.space.id),
  ...memoryDifferences(a.emulator.cpu.memory, b.emulator.cpu.memory),
];
