/** What counts depend on, in one hash: numbers and shapes of the files, not their wording. */
import {readFileSync} from 'node:fs';
import {sha256} from '../files/hash.ts';
import type {Benchmark} from '../predict/benchmarks.ts';
import type {Calibration} from '../predict/calibration.ts';
import {readRecordings} from '../predict/recordings.ts';
import type {ScheduledBenchmark} from '../predict/scheduled-benchmarks.ts';
import {chooseGuest} from '../tracegen/catalogue.ts';
import {replayedParameters, SEEDS} from './collect.ts';
import {freeParameters} from './parameters.ts';

/** Keys that only people read. */
const WORDS = new Set([
  'source',
  'note',
  'title',
  'facts',
  'kind',
  'steps',
  'lower',
  'upper',
  'tables',
  'figures',
  'spread',
  'caseRatios',
  'workScale',
]);

const plain = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(plain);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key]) => !WORDS.has(key))
      .map(([key, child]) => [key, plain(child)]),
  );
};

/** @param c without a fit */
export const fingerprint = (
  c: Calibration,
  benchmarks: readonly Benchmark[],
  scheduled: readonly ScheduledBenchmark[],
): string => {
  const guests = benchmarks.map((b) => sha256(readFileSync(chooseGuest(b.guest, b.profile, b.optimization).path)));
  const recordings = scheduled.length === 0 ? [] : readRecordings().map(({id, hash, units}) => ({id, hash, units}));
  const replayed = replayedParameters(c, freeParameters(c, benchmarks, scheduled)).map(({id}) => id);
  const {machineFile, primitives, kernel, hypervisors} = c;
  const files = plain({machineFile, primitives, kernel, hypervisors, benchmarks, scheduled});
  return sha256(Buffer.from(JSON.stringify({files, guests, recordings, replayed, seeds: SEEDS})));
};
