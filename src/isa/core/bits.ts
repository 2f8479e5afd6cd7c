/**
 * Instruction patterns drawn as the Arm ARM draws them: `'cond:4 0000 000 S:1 Rd:4 0000 Rm:4 1001 Rn:4'`.
 * A group of 0s and 1s is fixed; `name:width` is a field. A group in parentheses is fixed too, but its bits only should
 * be so: another value there is UNPREDICTABLE rather than another instruction.
 */

export interface Field {
  readonly name: string;
  readonly shift: number;
  readonly width: number;
}

export interface Pattern {
  /** Bits that are fixed, and their values. */
  readonly mask: number;
  readonly value: number;
  /** The fixed bits that were drawn in parentheses. */
  readonly should: number;
  /** How many bits are fixed. */
  readonly fixed: number;
  readonly fields: readonly Field[];
  /** The same by name: every instruction that is decoded looks them up. */
  readonly byName: ReadonlyMap<string, Field>;
}

/** Reads a field of the decoded word by name. @throws RangeError if the row has no such field. */
export type Fields = (name: string) => number;

/** The fields, some of them given: for an encoding that implies them, or draws them elsewhere. */
export const withFields =
  (fields: Fields, given: Readonly<Record<string, number>>): Fields =>
  (name) =>
    given[name] ?? fields(name);

/** Bits of an instruction: a word, or a half-word of Thumb code. */
export type Width = 16 | 32;

const fieldMask = (width: number): number => 2 ** width - 1;

interface Group {
  /** Of a field; a fixed group has none. */
  readonly name: string | undefined;
  readonly width: number;
  readonly value: number;
  /** Drawn in parentheses. */
  readonly should: boolean;
}

const parseGroup = (group: string): Group | undefined => {
  const field = /^([A-Za-z]\w*):(\d+)$/.exec(group);
  if (field) return {name: field[1]!, width: Number(field[2]), value: 0, should: false};
  const fixed = /^(?:([01]+)|\(([01]+)\))$/.exec(group);
  if (!fixed) return undefined;
  const digits = fixed[1] ?? fixed[2]!;
  return {name: undefined, width: digits.length, value: Number.parseInt(digits, 2), should: fixed[2] !== undefined};
};

/** Drawings repeat few groups, and a table is compiled at every start. */
const parsed = new Map<string, Group | undefined>();

const groupOf = (text: string): Group | undefined => {
  if (!parsed.has(text)) parsed.set(text, parseGroup(text));
  return parsed.get(text);
};

/** @throws RangeError if the drawing is malformed, repeats a field, or does not fill the instruction. */
export const compilePattern = (bits: string, instructionWidth: Width = 32): Pattern => {
  let mask = 0;
  let value = 0;
  let should = 0;
  let fixed = 0;
  let position: number = instructionWidth;
  const byName = new Map<string, Field>();
  for (const text of bits.split(' ')) {
    const group = groupOf(text);
    if (!group) throw new RangeError(`'${text}' is neither fixed bits nor name:width in '${bits}'`);
    const {name, width} = group;
    position -= width;
    if (name !== undefined) {
      if (byName.has(name)) throw new RangeError(`field ${name} is drawn twice in '${bits}'`);
      byName.set(name, {name, shift: position, width});
    } else {
      const ones = fieldMask(width) * 2 ** position;
      fixed += width;
      mask += ones;
      value += group.value * 2 ** position;
      if (group.should) should += ones;
    }
  }
  if (position !== 0) {
    throw new RangeError(`'${bits}' draws ${instructionWidth - position} bits, not ${instructionWidth}`);
  }
  return {mask: mask | 0, value: value | 0, should: should | 0, fixed, fields: [...byName.values()], byName};
};

export const matches = (pattern: Pattern, word: number): boolean => (word & pattern.mask) === pattern.value;

/** The word differs from the pattern in bits that should be otherwise, and in no other fixed bit. */
export const matchesButForShould = (pattern: Pattern, word: number): boolean => {
  const wrong = (word & pattern.mask) ^ pattern.value;
  return wrong !== 0 && (wrong & ~pattern.should) === 0;
};

export const readFields =
  (pattern: Pattern, word: number): Fields =>
  (name) => {
    const field = pattern.byName.get(name);
    if (field === undefined) throw new RangeError(`the row has no field ${name}`);
    return (word >>> field.shift) & ((1 << field.width) - 1);
  };

/** The word with these field values. @throws RangeError if a field is missing or does not fit. */
export const encode = (pattern: Pattern, values: Readonly<Record<string, number>>): number => {
  let word = pattern.value >>> 0;
  for (const {name, shift, width} of pattern.fields) {
    const value = values[name];
    if (value === undefined || !Number.isInteger(value) || value < 0 || value > fieldMask(width)) {
      throw new RangeError(`field ${name} must be a whole number of ${width} bits, not ${value}`);
    }
    word += value * 2 ** shift;
  }
  return word >>> 0;
};

/** Some word matches both. */
export const overlap = (a: Pattern, b: Pattern): boolean => ((a.value ^ b.value) & a.mask & b.mask) === 0;

/** Every word that matches `special` matches `general`. */
export const contains = (general: Pattern, special: Pattern): boolean =>
  overlap(general, special) && (general.mask & ~special.mask) === 0;
