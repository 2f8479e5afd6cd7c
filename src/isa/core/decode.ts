/**
 * Decode tables: a word is in at most one row, except where a row says that it specialises another. A table is compiled
 * when the first word is looked up in it, and checked where words are looked up, so that a program pays for what it needs.
 */
import {
  compilePattern,
  contains,
  matches,
  matchesButForShould,
  overlap,
  type Pattern,
  readFields,
  type Width,
} from './bits.ts';
import {UndefinedInstruction, UnmodelledInstruction} from './errors.ts';
import {ALWAYS, type Operands, Operation, type Place, type Row, Undefined, Unpredictable} from './operation.ts';

export interface CompiledRow {
  readonly row: Row;
  readonly pattern: Pattern;
}

/** How rows are found: by bits 27–20 and 7–4 of a word, on which the manual's own tables branch, or 15–4 of a half-word. */
const BUCKETS: Readonly<Record<Width, {readonly mask: number; readonly of: (word: number) => number}>> = {
  16: {mask: 0xfff0, of: (word) => word >>> 4},
  32: {mask: 0x0ff0_00f0, of: (word) => ((word >>> 16) & 0xff0) | ((word >>> 4) & 0xf)},
};

export class DecodeTable {
  readonly width: Width;
  readonly #drawn: readonly Row[];
  #compiled: readonly CompiledRow[] | undefined = undefined;
  /** Filled when asked for. */
  readonly #buckets: (readonly CompiledRow[] | undefined)[] = new Array(0x1000).fill(undefined);

  constructor(rows: readonly Row[], width: Width = 32) {
    this.#drawn = rows;
    this.width = width;
  }

  /**
   * Specialisations before what they specialise.
   * @throws RangeError if a row has not the width or a name is taken twice.
   */
  get rows(): readonly CompiledRow[] {
    this.#compiled ??= compileRows(this.#drawn, this.width);
    return this.#compiled;
  }

  /** @throws RangeError as {@link rows}, or if two rows for words like this one overlap without saying so. */
  find(word: number): CompiledRow | undefined {
    const {mask, of} = BUCKETS[this.width];
    const bucket = of(word);
    this.#buckets[bucket] ??= this.#fill(word, mask);
    return this.#buckets[bucket].find(({pattern}) => matches(pattern, word));
  }

  #fill(word: number, mask: number): readonly CompiledRow[] {
    const bucket = this.rows.filter(({pattern}) => ((pattern.value ^ word) & pattern.mask & mask) === 0);
    checkOverlaps(bucket);
    return bucket;
  }
}

const compileRows = (drawn: readonly Row[], width: Width): readonly CompiledRow[] => {
  const rows = drawn.map((row) => ({row, pattern: compilePattern(row.bits, width)}));
  checkNames(rows);
  // A specialisation has more fixed bits than what it specialises.
  return rows.toSorted((a, b) => b.pattern.fixed - a.pattern.fixed);
};

const checkNames = (rows: readonly CompiledRow[]): void => {
  const names = new Set(rows.map(({row}) => row.name));
  if (names.size !== rows.length) throw new RangeError('two rows have one name');
  for (const {row} of rows) {
    const unknown = row.specialises?.find((name) => !names.has(name));
    if (unknown !== undefined) throw new RangeError(`${row.name} specialises ${unknown}, which is no row`);
  }
};

/** @throws RangeError if two rows overlap without saying so. */
export const checkOverlaps = (rows: readonly CompiledRow[]): void => {
  for (const [index, a] of rows.entries()) {
    for (const b of rows.slice(index + 1)) {
      if (overlap(a.pattern, b.pattern) && !isSpecialisation(a, b) && !isSpecialisation(b, a)) {
        throw new RangeError(`rows ${a.row.name} and ${b.row.name} overlap`);
      }
    }
  }
};

const isSpecialisation = (special: CompiledRow, general: CompiledRow): boolean =>
  (special.row.specialises?.includes(general.row.name) ?? false) && contains(general.pattern, special.pattern);

/**
 * Decodes one instruction.
 * @throws UndefinedInstruction when Arm makes it UNDEFINED in user mode on a Cortex-A7.
 * @throws UnmodelledInstruction when it is UNPREDICTABLE or not modelled.
 */
export type Decode = (place: Place) => Operation;

const UNCONDITIONAL_SPACE = 15;

export const createDecoder =
  (conditional: DecodeTable, unconditional: DecodeTable): Decode =>
  (place) => {
    const cond = place.word >>> 28;
    const isUnconditional = cond === UNCONDITIONAL_SPACE;
    return isUnconditional
      ? decodeIn(unconditional, place.word, place, ALWAYS)
      : decodeIn(conditional, place.word, place, cond);
  };

/** What a row's operands become before they make an operation. */
export type Adapt = (operands: Operands) => Operands;

/**
 * The operation that a table has for a word, which T32 may draw in other bits than `place.word`.
 * @throws UndefinedInstruction, UnmodelledInstruction as {@link Decode}.
 */
export const decodeIn = (
  table: DecodeTable,
  word: number,
  place: Place,
  condition: number,
  adapt?: Adapt,
): Operation => {
  const found = table.find(word);
  if (!found) throw absent(table, word, place);
  const {row, pattern} = found;
  try {
    const operands = row.operands(readFields(pattern, word), place.address, place.itState);
    return new Operation(row, adapt === undefined ? operands : adapt(operands), place, condition);
  } catch (error) {
    if (error instanceof Undefined) throw absent(table, word, place);
    if (error instanceof Unpredictable) throw unmodelled(row, place, error.message);
    throw error;
  }
};

const unmodelled = ({name}: Row, {address, word}: Place, why: string): UnmodelledInstruction =>
  new UnmodelledInstruction(address, word, `${name}: ${why}`);

/** The manual calls what its tables leave free UNDEFINED, but a bit that is not what it should be UNPREDICTABLE. */
const absent = (table: DecodeTable, word: number, place: Place): Error => {
  const near = table.rows.find(({pattern}) => matchesButForShould(pattern, word));
  if (near) return unmodelled(near.row, place, 'a bit that is not what it should be is UNPREDICTABLE');
  return new UndefinedInstruction(place.address, place.word);
};
