/** What a sampled replay says of itself, in text and JSON: nobody shall take an estimate for a count. */
import type {ReplayReport} from '../predict/replay-report.ts';
import type {Sampling} from '../predict/sample-plan.ts';
import type {SampledTrace} from '../predict/sampler.ts';
import type {TraceRequest} from '../predict/trace-request.ts';
import {formatNumber, formatPercent, formatShare} from '../report/format.ts';
import {formatCount} from './format.ts';

export interface SampleSummary extends Sampling {
  /** Of every interval. */
  readonly confidence: number;
  /** Parts that were measured. */
  readonly units: number;
  /** Of them, replayed a second time behind twice the warm-up. */
  readonly checkedUnits: number;
  /** In the measured part of the trace. */
  readonly instructions: number;
  /** By each system, warm-ups and checks included. */
  readonly replayedInstructions: number;
  /** What was left out: replay of what is between the parts, and of a stored trace reading it. */
  readonly saves: 'replay' | 'replay and reading';
}

const SAVES = {guest: 'replay', trace: 'replay and reading'} as const;

export const summaryOf = (sampling: Sampling, trace: SampledTrace, kind: TraceRequest['kind']): SampleSummary => ({
  ...sampling,
  confidence: 0.95,
  units: trace.systems[0]?.units.length ?? 0,
  checkedUnits: trace.systems[0]?.checks.length ?? 0,
  instructions: trace.instructions,
  replayedInstructions: trace.replayedInstructions,
  saves: SAVES[kind],
});

/** Over every table of estimates. */
export const sampleText = (sampled: SampleSummary, reports: readonly ReplayReport[]): string => {
  const {units, unit, period, replayedInstructions, instructions} = sampled;
  const biases = reports.map(({sut, sampled}) => `${sut} ${formatPercent(Math.abs(sampled?.warmUpBias ?? 0) * 100)}`);
  const guest = sampled.saves === 'replay' ? ' The guest itself executed in full.' : '';
  return [
    `SAMPLED: all numbers are estimates from ${formatCount(units)} parts of ${formatCount(unit)} instructions, one in ${formatCount(period)};`,
    `± is a 95% confidence interval. Replayed: ${formatShare(replayedInstructions, instructions)} of ${formatCount(instructions)} instructions.${guest}`,
    `Twice the warm-up before ${formatCount(sampled.checkedUnits)} of the parts changes their cycles by: ${biases.join(', ')} (in the intervals).`,
  ].join('\n');
};

/** ' ± 12' of an estimate, nothing of a count. */
export const plusMinus = (halfWidth: number | undefined): string =>
  halfWidth === undefined ? '' : ` ± ${formatNumber(halfWidth)}`;
