/**
 * Replays many systems on worker threads: one thread makes or reads the trace, once, and the others replay it from shared
 * memory, each its share of the systems. What comes out does not depend on how many they are: systems know nothing of
 * each other.
 */
import {availableParallelism} from 'node:os';
import {setImmediate} from 'node:timers/promises';
import {MessageChannel} from 'node:worker_threads';
import {Piscina} from 'piscina';
import {type Answer, answered, threadEntry} from '../files/threads.ts';
import {newRing, stopRing} from '../trace/ring.ts';
import type {TraceHeader} from '../trace/source.ts';
import type {Production} from './produce-worker.ts';
import type {Replayed} from './replay-report.ts';
import type {Consumption} from './replay-worker.ts';
import {Replayer, type ReplayPlan} from './replayer.ts';
import {openRequest, type TraceRequest} from './trace-request.ts';

export interface ThreadOptions {
  /** That replay; 1 for all in this thread. By default one per CPU, and none for what this thread does in a moment. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal;
  /** Hears of the words of the record stream. */
  readonly onChunk?: (words: number) => void;
}

export interface ReplayedTrace {
  readonly header: TraceHeader;
  readonly replayed: Replayed;
}

/** Words of the record stream that one thread replays sooner than others would have started. */
const A_MOMENT = 2 ** 22;

/** Words of the record stream between two looks at whether to stop. */
const A_TURN = 2 ** 20;

/** Undefined when the trace is longer than `limit` words for all systems together. */
const replayHere = async (
  request: TraceRequest,
  plan: ReplayPlan,
  {signal, onChunk}: Required<Pick<ThreadOptions, 'onChunk'>> & Pick<ThreadOptions, 'signal'>,
  limit: number,
): Promise<ReplayedTrace | undefined> => {
  const trace = openRequest(request, plan.sampled);
  try {
    const replayer = new Replayer(plan, trace.blocks);
    let words = 0;
    let turn = A_TURN;
    for (const chunk of trace.chunks) {
      words += chunk.length * plan.systems.length;
      if (words > limit) return undefined;
      replayer.consume(chunk);
      onChunk(chunk.length);
      if (words < turn) continue;
      turn = words + A_TURN;
      await setImmediate();
      signal?.throwIfAborted();
    }
    return {header: trace.header, replayed: replayer.finish()};
  } finally {
    trace.close();
  }
};

/** Is nothing changed by opening it a second time? A guest that may write to the host must execute once. */
const isRepeatable = (request: TraceRequest): boolean =>
  request.kind === 'trace' || !request.options.surroundings?.binds?.some(({writable}) => writable);

const nothing = (): void => {};

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
  {threads, signal, onChunk = nothing}: ThreadOptions,
): Promise<ReplayedTrace> => {
  if (threads === 1 || (threads === undefined && isRepeatable(request))) {
    const here = {onChunk: threads === 1 ? onChunk : nothing, ...(signal ? {signal} : {})};
    const done = await replayHere(request, plan, here, threads === 1 ? Number.POSITIVE_INFINITY : A_MOMENT);
    if (done) return done;
  }
  const consumers = Math.min(threads ?? availableParallelism(), plan.systems.length);
  const pool = new Piscina({
    minThreads: consumers + 1,
    maxThreads: consumers + 1,
    ...threadEntry('predict/replay-worker'),
  });
  const ring = newRing(consumers);
  const stop = () => stopRing(ring);
  signal?.addEventListener('abort', stop, {once: true});
  const channels = Array.from({length: consumers}, () => new MessageChannel());
  const progress = new MessageChannel();
  progress.port1.on('message', onChunk);
  const run = async <Task, T>(task: Task, ports: Production['ports'], filename?: string): Promise<T> => {
    const options = {transferList: [...ports], ...(filename === undefined ? {} : {filename})};
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
    const [header, ...parts] = (await together<TraceHeader | Replayed>([made, ...replays], stop)) as [
      TraceHeader,
      ...Replayed[],
    ];
    return {header, replayed: join(parts, plan.systems.length)};
  } finally {
    signal?.removeEventListener('abort', stop);
    progress.port1.close();
    await pool.destroy();
  }
};
