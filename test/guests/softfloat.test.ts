import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {GUESTS, hasQemu, qemuNote, runGuest} from './catalogue.ts';

const PAIRS = 20_000;

/** The table of special values stands in the guest's source. */
const SPECIAL = readFileSync(join(GUESTS, 'src/softfloat-check/softfloat-check.c'), 'utf8')
  .match(/special\[\] = \{([^}]*)\}/)![1]!
  .match(/0x[0-9a-f]{16}/g)!
  .map(BigInt);

const NEGATIVE = 1n << 63n;
const SIGN_AND_FRACTION = 0x800fffffffffffffn;

/** What the guest must print, computed with JavaScript's numbers: a third implementation beside the soft-float code and VFP. */
const expectedOutput = (pairs: number): string => {
  const view = new DataView(new ArrayBuffer(8));
  const toNumber = (bits: bigint): number => {
    view.setBigUint64(0, bits);
    return view.getFloat64(0);
  };
  const hashes = [2166136261, 2166136261, 2166136261];
  const hash = (operation: number, result: number): void => {
    view.setFloat64(0, Number.isNaN(result) ? 0 : result);
    if (Number.isNaN(result)) view.setBigUint64(0, 0x7ff8000000000000n);
    const low = Math.imul(hashes[operation]! ^ view.getUint32(4), 16777619);
    hashes[operation] = Math.imul(low ^ view.getUint32(0), 16777619) >>> 0;
  };
  const check = (left: bigint, right: bigint): void => {
    const [l, r] = [toNumber(left), toNumber(right)];
    hash(0, l * r);
    hash(1, l + r);
    hash(2, l - r);
  };
  let state = 2463534242;
  const randomWord = (): bigint => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return BigInt(state >>> 0);
  };
  const randomBits = (): bigint => {
    const high = randomWord();
    return (high << 32n) | randomWord();
  };
  const near = (of: bigint, bits: bigint): bigint =>
    (bits & SIGN_AND_FRACTION) | ((((of >> 52n) + ((bits >> 52n) % 127n) + 0xffffffc1n) & 0x7ffn) << 52n);

  for (const left of SPECIAL)
    for (const right of SPECIAL) {
      check(left, right);
      check(left | NEGATIVE, right);
    }
  for (let pair = 0; pair < pairs; pair++) {
    const left = randomBits();
    const right = randomBits();
    const neighbour = near(left, right);
    check(left, right);
    check(left, neighbour);
    check(left & 0xffffffff00000000n, neighbour & 0xfffffff800000000n);
    check(
      (left & SIGN_AND_FRACTION) | 0x1ff0000000000000n,
      (right & 0x801fffffffffffffn) | ((right >> 58n) << 52n) | 0x1fc0000000000000n,
    );
  }
  const lines = ['multiply', 'add', 'subtract'].map(
    (name, operation) => `${name} ${hashes[operation]!.toString(16).padStart(8, '0')}\n`,
  );
  return `softfloat-check: ${pairs} pairs\n${lines.join('')}`;
};

describe.skipIf(!hasQemu)(`double multiply, add and subtract${qemuNote}`, () => {
  const expected = expectedOutput(PAIRS);
  test.each(['v5-soft', 'v7-hf'])('%s gives what JavaScript gives', (profile) => {
    expect(runGuest(`bin/${profile}/softfloat-check-O2.elf`, [String(PAIRS)])).toEqual({
      status: 0,
      stdout: expected,
      stderr: '',
    });
  });
});
