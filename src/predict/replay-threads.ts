/**
 * Replays many systems on worker threads: one thread makes or reads the trace, once, and the others replay it from shared
 * memory, each its share of the systems. What comes out does not depend on how many they are: systems know nothing of
 * each other.
 */
import {MessageChannel} from 'node:worker_threads';
import {Piscina} from 'piscina';
import {type Answer, answered, threadEntry} from '../files/threads.ts';
import {newRing} from '../trace/ring.ts';
import type {TraceHeader} from '../trace/source.ts';
import type {Production} from './produce-worker.ts';
import type {Replayed} from './replay-report.ts';
import type {Consumption} from './replay-worker.ts';
import {Replayer, type ReplayPlan} from './replayer.ts';
import {openRequest, type TraceRequest} from './trace-request.ts';

export interface ThreadOptions {
  /** That replay; 1 for all in this thread. */
  readonly threads: number;
  readonly signal?: AbortSignal;
  /** Hears of the words of the record stream. */
  readonly onChunk?: (words: number) => void;
}

export interface ReplayedTrace {
  readonly header: TraceHeader;
  readonly replayed: Replayed;
}

const replayHere = (request: TraceRequest, plan: ReplayPlan, onChunk: (words: number) => void): ReplayedTrace => {
  const trace = openRequest(request, plan.sampled);
  try {
    const replayer = new Replayer(plan, trace.blocks);
    for (const chunk of trace.chunks) {
      replayer.consume(chunk);
      onChunk(chunk.length);
    }
    return {header: trace.header, replayed: replayer.finish()};
  } finally {
    trace.close();
  }
};

/** Every `count`-th from each of the first `count`, so that neighbours, which are often alike, go to different threads. */
const shares = <T>(items: readonly T[], count: number): readonly (readonly T[])[] =>
  Array.from({length: count}, (_, first) => items.filter((_, index) => index % count === first));

/** Undoes {@link shares}. */
const dealt = <T>(parts: readonly (readonly T[])[], length: number): readonly T[] =>
  Array.from({length}, (_, index) => parts[index % parts.length]![Math.floor(index / parts.length)]!);

const join = (parts: readonly Replayed[], systems: number): Replayed => {
  const [first] = parts;
  if (first !== undefined && 'sampled' in first) {
    const all = parts.map((part) => ('sampled' in part ? part.sampled.systems : []));
    return {sampled: {...first.sampled, systems: dealt(all, systems)}};
  }
  return {
    counts: dealt(
      parts.map((part) => ('counts' in part ? part.counts : [])),
      systems,
    ),
  };
};

/** Waits for all; the first that fails stops the others, and its error is thrown. */
const together = async <T>(tasks: readonly Promise<T>[], stop: () => void): Promise<readonly T[]> => {
  try {
    return await Promise.all(tasks);
  } catch (error) {
    stop();
    await Promise.allSettled(tasks);
    throw error;
  }
};

/** @throws as opening the trace, reading it, and replaying it do, whichever thread that was on. */
export const replayOnThreads = async (
  request: TraceRequest,
  plan: ReplayPlan,
  {threads, signal, onChunk = () => {}}: ThreadOptions,
): Promise<ReplayedTrace> => {
  const consumers = Math.min(threads, plan.systems.length);
  if (threads === 1) return replayHere(request, plan, onChunk);
  const pool = new Piscina({
    minThreads: consumers + 1,
    maxThreads: consumers + 1,
    ...threadEntry('predict/replay-worker'),
  });
  const failed = new AbortController();
  const stopped = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const ring = newRing(consumers);
  const channels = Array.from({length: consumers}, () => new MessageChannel());
  const progress = new MessageChannel();
  progress.port1.on('message', onChunk);
  const run = async <Task, T>(task: Task, ports: Production['ports'], filename?: string): Promise<T> => {
    const options = {signal: stopped, transferList: [...ports], ...(filename === undefined ? {} : {filename})};
    return answered((await pool.run(task, options)) as Answer<T>);
  };
  try {
    const ports = channels.map(({port1}) => port1);
    const production: Production = {request, sampled: plan.sampled, ring, ports, progress: progress.port2};
    const made = run<Production, TraceHeader>(
      production,
      [...ports, progress.port2],
      threadEntry('predict/produce-worker').filename,
    );
    const replays = shares(plan.systems, consumers).map((systems, index) => {
      const {port2: port} = channels[index]!;
      return run<Consumption, Replayed>({plan: {...plan, systems}, ring, index, port}, [port]);
    });
    const [header, ...parts] = (await together<TraceHeader | Replayed>([made, ...replays], () => failed.abort())) as [
      TraceHeader,
      ...Replayed[],
    ];
    return {header, replayed: join(parts, plan.systems.length)};
  } finally {
    progress.port1.close();
    await pool.destroy();
  }
};
