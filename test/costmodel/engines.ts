/** One trace through the kernel and through its oracle. */
import {expect} from 'vitest';
import {addressSpaces, type TranslationPolicy} from '../../src/costmodel/address-space.ts';
import {KernelReplay} from '../../src/costmodel/kernel/kernel-replay.ts';
import {machineSpaces} from '../../src/costmodel/machine-spaces.ts';
import {METRICS} from '../../src/costmodel/metrics.ts';
import {type Counts, Replay, type ReplayOptions} from '../../src/costmodel/replay.ts';
import type {BlockTable} from '../../src/trace/blocks.ts';
import type {TraceChunk} from '../../src/trace/source.ts';

export type System = Pick<ReplayOptions, 'machine' | 'activities' | 'pipelineScale' | 'seed'> & {
  readonly policy: TranslationPolicy;
  /** Does the trace say what stage 1 maps? */
  readonly isMachine?: boolean;
};

const readable = ({metrics, activities, elapsed}: Counts) => ({
  metrics: Object.fromEntries(METRICS.map(([id], index) => [id, metrics[index]])),
  activities,
  elapsed,
});

export const countsBy = (
  engine: typeof Replay | typeof KernelReplay,
  {policy, isMachine, ...system}: System,
  blocks: BlockTable,
  chunks: readonly TraceChunk[],
) => {
  const spacesOf = isMachine ? machineSpaces : addressSpaces;
  const replay = new engine({...system, blocks, spaces: spacesOf(policy, system.machine, system.seed)});
  for (const chunk of chunks) replay.consume(chunk);
  return readable(replay.result);
};

export const expectEqual = (system: System, blocks: BlockTable, chunks: readonly TraceChunk[]): void =>
  expect(countsBy(KernelReplay, system, blocks, chunks)).toEqual(countsBy(Replay, system, blocks, chunks));
