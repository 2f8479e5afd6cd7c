/** Replays of synthetic streams on the shipped systems, with ticks that come often enough for short streams. */
import {addressSpaces, type TranslationPolicy} from '../../src/costmodel/address-space.ts';
import {GUEST, METRIC} from '../../src/costmodel/metrics.ts';
import {type Counts, Replay, type ReplayOptions, type TimedActivity} from '../../src/costmodel/replay.ts';
import {loadCalibration} from '../../src/predict/calibration.ts';
import {timedActivities} from '../../src/predict/measure.ts';
import {MACHINE} from './machines.ts';
import {BLOCKS, chunkOf, markerWords} from './streams.ts';

export const CALIBRATION = loadCalibration();
export const SUTS = ['host', 'xvisor', 'kvm', 'kvm-hugetlb', 'xen'] as const;
export const policyOf = (sut: string): TranslationPolicy => CALIBRATION.hypervisors[sut] as TranslationPolicy;
/** A synthetic stream lasts well below a tick, so ticks come this much faster. */
const HASTE = 50;
export const hastened = (sut: string): TimedActivity[] =>
  timedActivities(CALIBRATION, sut).map((a) => ({...a, ratePerSecond: a.ratePerSecond * HASTE}));

export const newReplay = (sut: string, changes: Partial<ReplayOptions> = {}): Replay => {
  const machine = changes.machine ?? MACHINE;
  const spaces = addressSpaces(policyOf(sut), machine, 1);
  return new Replay({
    machine,
    spaces,
    blocks: BLOCKS,
    activities: hastened(sut),
    pipelineScale: 1.25,
    seed: 1,
    ...changes,
  });
};
export const countsOf = (sut: string, words: readonly number[], changes: Partial<ReplayOptions> = {}): Counts => {
  const replay = newReplay(sut, changes);
  replay.consume(chunkOf(words));
  return replay.result;
};
export const marked = (words: readonly number[]): number[] => [
  ...markerWords('begin'),
  ...words,
  ...markerWords('end'),
];
export const reader =
  ({metrics}: Counts) =>
  (metric: keyof typeof METRIC, requester = GUEST): number =>
    metrics[METRIC[metric] + requester] as number;
