/**
 * Which parts of a trace a sampled replay looks at: one unit in every period, behind a warm-up. The place of a unit in its
 * period is drawn from the seed, among as many cells as fit, so that every instruction is as likely to be measured and no
 * unit keeps step with a loop of the guest's. All numbers are instructions, from the start of the measured part.
 */
import {randomSource} from '../costmodel/placement.ts';
import {InputError} from '../files/errors.ts';

export interface Sampling {
  readonly unit: number;
  readonly period: number;
  /** The least of a unit; up to twice as much, drawn from the seed, so that no unit keeps step with a system's ticks. */
  readonly warmUp: number;
  readonly seed: number;
}

/** A warm-up of this length fills L2 from anything that misses at least once in a hundred instructions. */
export const DEFAULT_SAMPLING: Sampling = {unit: 100_000, period: 10_000_000, warmUp: 500_000, seed: 1};

/** Below this a unit begins and ends in the middle of what its first and last records leave under way. */
const LEAST_UNIT = 1000;

/** Every so many units one is replayed a second time, behind twice its warm-up. */
const CHECK_EVERY = 4;

export interface SampleUnit {
  /** From 0. */
  readonly number: number;
  readonly warmFrom: number;
  readonly start: number;
  readonly end: number;
  /** Of a unit that is checked, where the second warm-up begins. */
  readonly checkFrom: number | undefined;
}

/** @throws InputError for numbers that leave nothing to measure, or nothing to skip. */
export const checkSampling = ({unit, period, warmUp}: Sampling): void => {
  const complain = (message: string, remedy: string): never => {
    throw new InputError(message, {remedy});
  };
  if (unit < LEAST_UNIT) complain(`a sampled unit of ${unit} instructions is too short`, `give ${LEAST_UNIT} or more`);
  if (period % unit !== 0)
    complain(
      `a period of ${period} instructions does not hold whole units of ${unit}`,
      'make the period a multiple of the unit',
    );
  if (period <= unit + 2 * warmUp)
    complain(
      `a period of ${period} instructions leaves nothing to skip between units of ${unit} and warm-ups of ${warmUp} to ${2 * warmUp}`,
      'lengthen the period, shorten the warm-up, or replay without --sample',
    );
};

/** The units of a trace without an end, in their order. */
export function* sampleUnits({unit, period, warmUp, seed}: Sampling): Generator<SampleUnit, never> {
  const random = randomSource(seed);
  const cells = period / unit;
  for (let number = 0; ; number++) {
    const start = number * period + Math.floor(random() * cells) * unit;
    const length = Math.round(warmUp * (1 + random()));
    const isChecked = number % CHECK_EVERY === CHECK_EVERY - 1;
    yield {
      number,
      warmFrom: Math.max(0, start - length),
      start,
      end: start + unit,
      checkFrom: isChecked ? Math.max(0, start - 2 * length) : undefined,
    };
  }
}
