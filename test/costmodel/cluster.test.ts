import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {addressSpaces} from '../../src/costmodel/address-space.ts';
import {runCluster, shareOfMemory} from '../../src/costmodel/cluster.ts';
import {KernelReplay} from '../../src/costmodel/kernel/kernel-replay.ts';
import type {Machine} from '../../src/costmodel/machine.ts';
import {type Counts, Replay} from '../../src/costmodel/replay.ts';
import {Uncore} from '../../src/costmodel/uncore.ts';
import {READ} from '../../src/trace/records.ts';
import {MACHINE} from './machines.ts';
import {hastened, marked, policyOf, reader, SUTS} from './replays.ts';
import {anyStream, BLOCKS, blockWords, sourceOf} from './streams.ts';

const optionsOf = (sut: string, machine: Machine, seed: number) => ({
  machine,
  spaces: addressSpaces(policyOf(sut), machine, seed),
  blocks: BLOCKS,
  activities: hastened(sut),
  pipelineScale: 1.25,
  seed,
});

type Words = readonly number[];

/** Each core replays one stream under its own system. */
const byOracle = (suts: readonly string[], streams: readonly Words[], quantum: number): Counts[] => {
  const uncore = new Uncore(MACHINE, 1);
  const cores = suts.map((sut, index) => ({
    replay: new Replay({...optionsOf(sut, shareOfMemory(MACHINE, index, suts.length), index + 1), uncore}),
    trace: () => sourceOf(streams[index] as Words),
  }));
  return runCluster(cores, quantum);
};

const byKernel = (suts: readonly string[], streams: readonly Words[], quantum: number): Counts[] => {
  const replays: KernelReplay[] = [];
  for (const [index, sut] of suts.entries()) {
    const options = optionsOf(sut, shareOfMemory(MACHINE, index, suts.length), index + 1);
    const uncore = replays.at(-1);
    replays.push(new KernelReplay(uncore ? {...options, uncore} : options));
  }
  const cores = replays.map((replay, index) => ({replay, trace: () => sourceOf(streams[index] as Words)}));
  return runCluster(cores, quantum, (from, to) => to.takeUncore(from));
};

/** Loads of each line of `bytes`, `turns` times over: block 1 has eight instructions. */
const turnsOver = (bytes: number, turns: number): Words => {
  const words: number[] = [];
  for (let turn = 0; turn < turns; turn++)
    for (let address = 0; address < bytes; address += 64)
      words.push(...blockWords(1, [{address: 0x10_0000 + address, size: 4, kind: READ}]));
  return words;
};

const KIB = 1024;
/** Fits L2, not twice; strides beyond the prefetcher would be the same. */
const LARGE = turnsOver(160 * KIB, 6);
const SMALL = turnsOver(16 * KIB, 60);

describe('two cores', () => {
  test('miss more in the L2 that they share than each alone, and wait longer for DRAM', () => {
    const alone = reader(byOracle(['host', 'host'], [LARGE, SMALL], 100)[0] as Counts);
    const [first, second] = byOracle(['host', 'host'], [LARGE, LARGE], 100).map(reader);
    expect(alone('l2Misses')).toBeLessThan(0.6 * alone('l2Accesses'));
    for (const beside of [first!, second!]) {
      expect(beside('l1dAccesses')).toBe(alone('l1dAccesses'));
      expect(beside('l2Misses')).toBeGreaterThan(1.3 * alone('l2Misses'));
      expect(beside('stallDram') + beside('stallLatePrefetch')).toBeGreaterThan(
        alone('stallDram') + alone('stallLatePrefetch'),
      );
    }
  });

  test('that stay in their L1 caches do not meet', () => {
    const [beside] = byOracle(['host', 'host'], [SMALL, SMALL], 100) as [Counts];
    const [other] = byOracle(['host', 'host'], [SMALL, turnsOver(8 * KIB, 120)], 100) as [Counts];
    expect(Math.abs(beside.elapsed / other.elapsed - 1)).toBeLessThan(0.02);
  });

  test('have a first time of their own: one that is through goes on, uncounted', () => {
    const [first, second] = byOracle(['host', 'host'], [LARGE, turnsOver(64 * KIB, 1)], 100);
    expect(reader(first!)('blocks')).toBe((160 * 6 * KIB) / 64);
    expect(reader(second!)('blocks')).toBe(KIB);
  });

  test('share what is there whichever is named first', () => {
    const [a, b] = byOracle(['host', 'host'], [LARGE, LARGE], 1) as [Counts, Counts];
    expect(Math.abs(a.elapsed / b.elapsed - 1)).toBeLessThan(0.02);
  });
});

/** A stream of one block that issues beside itself takes no time, which is refused. */
const outcome = (run: () => Counts[]) => {
  try {
    return run().map(({metrics, elapsed}) => [elapsed, ...metrics]);
  } catch (error) {
    return (error as RangeError).message;
  }
};

test('the kernel counts what the oracle counts, core by core', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(anyStream, fc.constantFrom(...SUTS), fc.boolean()), {minLength: 2, maxLength: 3}),
      fc.constantFrom(1, 37.5, 1000),
      (cores, quantum) => {
        const suts = cores.map(([, sut]) => sut);
        const streams = cores.map(([{words}, , withMarkers]) => (withMarkers ? marked(words) : words));
        expect(outcome(() => byKernel(suts, streams, quantum))).toEqual(
          outcome(() => byOracle(suts, streams, quantum)),
        );
      },
    ),
    {seed: 23, numRuns: 25},
  );
});

test('memory is shared out without overlap, and holds guests', () => {
  const [first, second] = [0, 1].map((index) => shareOfMemory(MACHINE, index, 2)) as [Machine, Machine];
  expect(second.memoryBase).toBe(first.memoryBase + first.memorySize);
  expect(second.memoryBase + second.memorySize).toBeLessThanOrEqual(MACHINE.memoryBase + MACHINE.memorySize);
  expect(first.guestSize).toBeLessThan(first.memorySize);
});

test('what cannot be a cluster is refused', () => {
  expect(() => byOracle(['host'], [SMALL], 100)).toThrow('two cores or more');
  expect(() => byOracle(['host', 'host'], [SMALL, SMALL], 0)).toThrow('a quantum of 0 cycles');
  expect(() => byOracle(['host', 'host'], [SMALL, []], 100)).toThrow('no time passes');
});
