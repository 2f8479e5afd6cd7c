/** Decode tables, compiled and checked: a word is in at most one row, except where a row says that it specialises another. */
import {compilePattern, contains, type Fields, matches, overlap, type Pattern, readFields} from './bits.ts';
import {UnmodelledInstruction} from './errors.ts';
import {ALWAYS, Operation, type Place, type Row, Unpredictable} from './operation.ts';

export interface CompiledRow {
  readonly row: Row;
  readonly pattern: Pattern;
}

/** Bits 27–20 and 7–4, on which the manual's own tables branch. */
const bucketOf = (word: number): number => ((word >>> 16) & 0xff0) | ((word >>> 4) & 0xf);
const BUCKETS = 0x1000;
const bucketWord = (bucket: number): number => ((bucket & 0xff0) << 16) | ((bucket & 0xf) << 4);
const BUCKET_MASK = bucketWord(BUCKETS - 1);

export class DecodeTable {
  /** Specialisations before what they specialise. */
  readonly rows: readonly CompiledRow[];
  readonly #buckets: readonly (readonly CompiledRow[])[];

  /** @throws RangeError if a row is not 32 bits, a name is taken twice, or two rows overlap without saying so. */
  constructor(rows: readonly Row[]) {
    const compiled = rows.map((row) => ({row, pattern: compilePattern(row.bits)}));
    checkNames(compiled);
    checkOverlaps(compiled);
    this.rows = compiled.toSorted((a, b) => fixedBits(b.pattern) - fixedBits(a.pattern));
    this.#buckets = Array.from({length: BUCKETS}, (_, bucket) =>
      this.rows.filter(({pattern}) => overlap(pattern, {mask: BUCKET_MASK, value: bucketWord(bucket), fields: []})),
    );
  }

  find(word: number): CompiledRow | undefined {
    return this.#buckets[bucketOf(word)]!.find(({pattern}) => matches(pattern, word));
  }
}

/** A specialisation has more fixed bits than what it specialises. */
const fixedBits = ({mask}: Pattern): number => (mask >>> 0).toString(2).replaceAll('0', '').length;

const checkNames = (rows: readonly CompiledRow[]): void => {
  const names = new Set(rows.map(({row}) => row.name));
  if (names.size !== rows.length) throw new RangeError('two rows have one name');
  for (const {row} of rows) {
    const unknown = row.specialises?.find((name) => !names.has(name));
    if (unknown !== undefined) throw new RangeError(`${row.name} specialises ${unknown}, which is no row`);
  }
};

const checkOverlaps = (rows: readonly CompiledRow[]): void => {
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
 * @throws UnmodelledInstruction when no row has the word, or its operands are UNPREDICTABLE or not modelled.
 */
export type Decode = (place: Omit<Place, 'condition'>) => Operation;

const UNCONDITIONAL_SPACE = 15;

export const createDecoder =
  (conditional: DecodeTable, unconditional: DecodeTable): Decode =>
  (place) => {
    const cond = place.word >>> 28;
    const found = (cond === UNCONDITIONAL_SPACE ? unconditional : conditional).find(place.word);
    return operationOf(found, {...place, condition: cond === UNCONDITIONAL_SPACE ? ALWAYS : cond});
  };

/**
 * The operation of the row that has a word.
 * @throws UnmodelledInstruction when there is none, or its operands are not modelled.
 */
export const operationOf = (found: CompiledRow | undefined, place: Place): Operation => {
  const {address, word} = place;
  if (!found) throw new UnmodelledInstruction(address, word, 'no row of the decode tables has it');
  const {row, pattern} = found;
  return new Operation(row, decodeOperands(row, readFields(pattern, word), address, word), place);
};

const decodeOperands = (row: Row, fields: Fields, address: number, word: number) => {
  try {
    return row.operands(fields, address);
  } catch (error) {
    if (error instanceof Unpredictable) throw new UnmodelledInstruction(address, word, `${row.name}: ${error.message}`);
    throw error;
  }
};
