/** A trace on one core of the cluster while another runs on the second: what they take of each other's L2 and DRAM. */
import {type ClusterCore, runCluster, shareOfMemory} from '../costmodel/cluster.ts';
import type {KernelReplay} from '../costmodel/kernel/kernel-replay.ts';
import type {Counts} from '../costmodel/replay.ts';
import type {TraceHeader, TraceSource} from '../trace/source.ts';
import type {Calibration} from './calibration.ts';
import {newReplay, PIPELINE_SCALE, type System} from './measure.ts';
import {openRequest, type TraceRequest} from './trace-request.ts';

/** Cycles that a core may be ahead: one block. */
const QUANTUM = 1;

/** A requested trace from its start, closed behind its end; `close` is for one that is left before. */
const openSource = (request: TraceRequest, onChunk: (words: number) => void) => {
  const opened = openRequest(request, undefined);
  const chunks = opened.chunks[Symbol.iterator]();
  let isOpen = true;
  const close = (): void => {
    if (isOpen) opened.close();
    isOpen = false;
  };
  const next = (): ReturnType<TraceSource['next']> => {
    const {done, value} = chunks.next();
    if (done) close();
    else onChunk(value.length);
    return done ? undefined : value;
  };
  return {source: {header: opened.header, blocks: opened.blocks, next}, close};
};

/** A requested trace that can be begun again. */
const restartable = (request: TraceRequest, onChunk: (words: number) => void) => {
  let current = openSource(request, onChunk);
  let isFresh = true;
  const {header, blocks} = current.source;
  const trace = (): TraceSource => {
    if (!isFresh) current = openSource(request, () => {});
    isFresh = false;
    return current.source;
  };
  return {header, blocks, trace, close: () => current.close()};
};

export interface BesideOptions {
  readonly request: TraceRequest;
  readonly beside: TraceRequest;
  readonly systems: readonly System[];
  readonly calibration: Calibration;
  /** Hears of the words of the first trace. */
  readonly onChunk: (words: number) => void;
}

/** One system on both cores: each has its own guest and hypervisor, in a half of memory. */
const countsBeside = (system: System, {request, beside, calibration, onChunk}: BesideOptions) => {
  const traces = [restartable(request, onChunk), restartable(beside, () => {})];
  try {
    const cores: ClusterCore<KernelReplay>[] = [];
    for (const [index, {blocks, trace}] of traces.entries()) {
      const share = {...calibration, machine: shareOfMemory(calibration.machine, index, traces.length)};
      const own = {...system, seed: system.seed + index};
      cores.push({replay: newReplay(own, blocks, share, PIPELINE_SCALE, cores.at(-1)?.replay), trace});
    }
    const [counts] = runCluster(cores, QUANTUM, (from, to) => to.takeUncore(from));
    return {counts: counts as Counts, header: (traces[0] as (typeof traces)[0]).header};
  } finally {
    for (const {close} of traces) close();
  }
};

/**
 * Replays a trace on every system, one after the other, while the other trace runs on the second core, again and again. Guests
 * execute anew for each system.
 * @throws InputError when a trace cannot be opened.
 */
export const replayBeside = (
  options: BesideOptions,
): {readonly header: TraceHeader; readonly counts: readonly Counts[]} => {
  const all = options.systems.map((system) => countsBeside(system, options));
  const [first] = all;
  if (!first) throw new RangeError('no system to replay on');
  return {header: first.header, counts: all.map(({counts}) => counts)};
};
