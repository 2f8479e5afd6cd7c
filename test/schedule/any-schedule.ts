/** Schedules of recordings on fake cores, whose time is a thousandth of a millisecond, and all that happens in them. */
import fc from 'fast-check';
import {EXITS, type Scheduler, TRANSITIONS} from '../../src/hypervisors/schedule-schema.ts';
import {createPolicy} from '../../src/schedule/create-policy.ts';
import type {Periodic} from '../../src/schedule/host-cpu.ts';
import {LOCKS, type Locks, type ScheduleOptions} from '../../src/schedule/options.ts';
import type {Policy, Schedulable} from '../../src/schedule/policy.ts';
import {Schedule} from '../../src/schedule/simulator.ts';
import type {VcpuStreams} from '../../src/schedule/streams.ts';
import {recordWords} from '../../src/trace/walk.ts';
import {BLOCKS} from '../costmodel/streams.ts';
import {FakeCore, Witness} from './fake-core.ts';
import type {Recording} from './machine-events.ts';

/** Cycles a second; so one of 10 ms has 10,000. */
export const CLOCK_HZ = 1_000_000;
export const LOOKAHEAD = 40;
const SOURCE = 'test';
const ms = (value: number) => ({value, unit: 'ms' as const, kind: 'assumed' as const, source: SOURCE});

/** As the hypervisors' files have them. */
export const SCHEDULERS: Readonly<Record<Scheduler['policy'], Scheduler>> = {
  none: {policy: 'none', source: SOURCE},
  'round-robin': {policy: 'round-robin', slice: ms(10), source: SOURCE},
  fair: {
    policy: 'fair',
    latency: ms(6),
    minimumGranularity: ms(0.75),
    wakeupGranularity: ms(1),
    tick: ms(10),
    source: SOURCE,
  },
  credit: {
    policy: 'credit',
    slice: ms(30),
    tick: ms(10),
    accounting: ms(30),
    rateLimit: ms(1),
    boosts: true,
    source: SOURCE,
  },
};

export interface Host {
  readonly scheduler: Scheduler['policy'];
  readonly hostCpus: number;
  readonly locks: Locks;
  readonly yieldsAtWfe: boolean;
  readonly kicksRunning: boolean;
  readonly neighbours: readonly number[];
  readonly hasService: boolean;
  readonly hasBackground: boolean;
  /** Cycles of each path. */
  readonly pathCycles: number;
  /** Of each block, and more for those of higher numbers. */
  readonly blockCycles: number;
  readonly chunkRecords: number;
}

export const PLAIN: Host = {
  scheduler: 'round-robin',
  hostCpus: 1,
  locks: 'event',
  yieldsAtWfe: false,
  kicksRunning: true,
  neighbours: [],
  hasService: false,
  hasBackground: false,
  pathCycles: 10,
  blockCycles: 100,
  chunkRecords: 1000,
};

export const anyHost = (vcpus: number): fc.Arbitrary<Host> =>
  fc
    .record({
      scheduler: fc.constantFrom(...(Object.keys(SCHEDULERS) as Scheduler['policy'][])),
      hostCpus: fc.integer({min: 1, max: 3}),
      locks: fc.constantFrom(...LOCKS),
      yieldsAtWfe: fc.boolean(),
      kicksRunning: fc.boolean(),
      neighbours: fc.subarray([0, 1, 2]),
      hasService: fc.boolean(),
      hasBackground: fc.boolean(),
      pathCycles: fc.constantFrom(1, 7, 50),
      blockCycles: fc.constantFrom(1, 10, 100, 700),
      chunkRecords: fc.constantFrom(1, 3, 1000),
    })
    .map((host) =>
      host.scheduler === 'none'
        ? {...host, hostCpus: vcpus, neighbours: [], hasService: false, yieldsAtWfe: false}
        : {...host, neighbours: host.neighbours.filter((cpu) => cpu < host.hostCpus)},
    );

/** Words of whole records in chunks, which overwrite each other as a decoder's do. */
const streamsOf = ({streams}: Recording, {chunkRecords}: Host): VcpuStreams => {
  const places = streams.map(() => 0);
  const rooms = streams.map((words) => new Uint32Array(words.length));
  const lengthOf = (words: readonly number[], from: number): number => {
    let at = from;
    for (let n = 0; n < chunkRecords && at < words.length; n++) at += recordWords(words[at]!);
    return at - from;
  };
  return {
    blocks: BLOCKS,
    vcpus: streams.length,
    next: (vcpu) => {
      const words = streams[vcpu]!;
      const from = places[vcpu]!;
      if (from >= words.length) return undefined;
      const length = lengthOf(words, from);
      places[vcpu] = from + length;
      rooms[vcpu]!.set(words.slice(from, from + length));
      return {vcpu, words: rooms[vcpu]!, length};
    },
  };
};

export interface Interval {
  readonly cpu: number;
  readonly what: string;
  readonly from: number;
  readonly to: number;
}

export interface Waiting {
  readonly who: Schedulable;
  readonly cpu: number;
  readonly from: number;
  to: number;
}

export interface Outcome {
  readonly schedule: Schedule;
  readonly witness: Witness;
  readonly runs: readonly Interval[];
  readonly paths: readonly Interval[];
  readonly waits: readonly Interval[];
  /** In the policy's queues. */
  readonly ready: readonly Waiting[];
  readonly steals: boolean;
}

/** A policy that notes who is in its queues when. */
const noted = (policy: Policy, ready: Waiting[]): Policy => {
  const open = new Map<number, Waiting>();
  return {
    steals: policy.steals,
    enqueue: (who, cause, now) => {
      const waiting = {who, cpu: who.cpu, from: now, to: Number.POSITIVE_INFINITY};
      open.set(who.id, waiting);
      ready.push(waiting);
      policy.enqueue(who, cause, now);
    },
    pick: (cpu, now) => {
      const who = policy.pick(cpu, now);
      if (who) open.get(who.id)!.to = now;
      return who;
    },
    ready: (cpu) => policy.ready(cpu),
    preempts: (...all) => policy.preempts(...all),
    sliceEnd: (...all) => policy.sliceEnd(...all),
    isOver: (...all) => policy.isOver(...all),
    yields: (...all) => policy.yields(...all),
    ran: (who, cycles, now) => {
      if (cycles < 0) throw new Error(`${who.name} ran for ${cycles} cycles`);
      policy.ran(who, cycles, now);
    },
  };
};

const MOST_STEPS = 400_000;

export const newFakeSchedule = (recording: Recording, host: Host, changes: Partial<ScheduleOptions> = {}) => {
  const vcpus = recording.streams.length;
  const {hostCpus, hasService, pathCycles, blockCycles} = host;
  const witness = new Witness(vcpus);
  const [runs, paths, waits, ready]: [Interval[], Interval[], Interval[], Waiting[]] = [[], [], [], []];
  const isService = ({id}: Schedulable): boolean => id === vcpus;
  const policy = createPolicy(SCHEDULERS[host.scheduler], {cpus: hostCpus, clockHz: CLOCK_HZ, isService});
  const isBare = host.scheduler === 'none';
  const served = hasService ? {service: [1]} : {};
  const exits = Object.fromEntries(
    EXITS.map((exit) => [exit, {paths: [0], ...(exit.startsWith('device') ? served : {})}]),
  );
  const transitions = Object.fromEntries(TRANSITIONS.map((transition) => [transition, [0]]));
  const background: Omit<Periodic, 'next'>[] = [
    {reason: 'tick', period: 10_000, paths: [0], isBusyOnly: true},
    {reason: 'host', period: 7_000, paths: [0, 0], isBusyOnly: false},
  ];
  const schedule = new Schedule({
    streams: streamsOf(recording, host),
    cores: Array.from(
      {length: hostCpus},
      () => new FakeCore(witness, [pathCycles, 3 * pathCycles], (block) => blockCycles + block),
    ),
    handOver: () => {},
    spaces: recording.streams.map(() => ({}) as never),
    policy: noted(policy, ready),
    steps: {exits: isBare ? {} : exits, transitions: isBare ? {} : transitions, guestTick: [0]},
    delivery: isBare
      ? null
      : {kicksRunning: host.kicksRunning, yieldsAtWfe: host.yieldsAtWfe, maintenance: false, source: SOURCE},
    locks: host.locks,
    periodic: Array.from({length: hostCpus}, (_, cpu) =>
      host.hasBackground ? background.map((one, n) => ({...one, next: 1000 * (cpu + 1) + 300 * n})) : [],
    ),
    trapsRegister: () => true,
    neighbours: host.neighbours,
    service: hasService ? 'service' : null,
    clockHz: CLOCK_HZ,
    tickPeriod: 10_000,
    pipelineScale: 1,
    missExposure: 1,
    lookahead: LOOKAHEAD,
    observer: {
      ran: (cpu, what, from, to) => runs.push({cpu, what, from, to}),
      path: (cpu, what, from, to) => paths.push({cpu, what, from, to}),
      waited: (cpu, what, from, to) => waits.push({cpu, what, from, to}),
      was: () => {},
      released: () => {},
      passed: () => {},
      began: () => {},
    },
    ...changes,
  });
  return {schedule, witness, runs, paths, waits, ready, steals: policy.steals};
};

/** @throws Error when it does not end. */
export const runToEnd = (recording: Recording, host: Host, changes: Partial<ScheduleOptions> = {}): Outcome => {
  const outcome = newFakeSchedule(recording, host, changes);
  let steps = 0;
  while (outcome.schedule.step()) if (++steps > MOST_STEPS) throw new Error('the schedule does not end');
  outcome.schedule.finish();
  return outcome;
};
