/** The WebAssembly kernel counts what its oracle counts: on guests, and on random streams over random machines. */
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {COUNTINGS} from '../../guests/measure.ts';
import type {TranslationPolicy} from '../../src/costmodel/address-space.ts';
import {KernelReplay} from '../../src/costmodel/kernel/kernel-replay.ts';
import * as kernelMetrics from '../../src/costmodel/kernel/metrics.ts';
import {METRIC} from '../../src/costmodel/metrics.ts';
import type {TimedActivity} from '../../src/costmodel/replay.ts';
import {packagePath} from '../../src/files/paths.ts';
import type {TraceChunk} from '../../src/trace/source.ts';
import {chooseGuest, readCatalogue} from '../../src/tracegen/catalogue.ts';
import {GuestTrace} from '../../src/tracegen/guest-trace.ts';
import {MEBIBYTE} from '../../src/units.ts';
import {anyMachine, anyPolicy, PAGES} from './any-system.ts';
import {countsBy, expectEqual, type System} from './engines.ts';
import {anyMachineStream} from './machine-streams.ts';
import {MACHINE} from './machines.ts';
import {hastened, marked, policyOf, SUTS} from './replays.ts';
import {anySpacedStream, anyStream, BLOCKS, chunkOf} from './streams.ts';

/** How many times the usual number of streams. */
const TIMES = Number(process.env.TRAPWALK_CASES ?? 1);

const shipped = (sut: string): System => ({
  machine: MACHINE,
  policy: policyOf(sut),
  activities: hastened(sut),
  pipelineScale: 1.25,
  seed: 1,
});

const WORDS = 400_000;

describe('guests', () => {
  const counted = readCatalogue().filter(({id}) => COUNTINGS[id] !== undefined);
  const builds = counted.flatMap(({id, builds}) =>
    builds.map(({profile, optimization}) => ({id, profile, optimization})),
  );
  it.each(builds)('$id $profile $optimization', ({id, profile, optimization}) => {
    const choice = chooseGuest(id, profile, optimization);
    const trace = new GuestTrace({path: choice.path, arguments: COUNTINGS[id]!.smaller, profile, record: 'all'});
    const chunks: TraceChunk[] = [];
    let words = 0;
    for (let chunk = trace.next(); chunk && words < WORDS; chunk = trace.next()) {
      chunks.push({words: chunk.words.slice(0, chunk.length), length: chunk.length});
      words += chunk.length;
    }
    for (const sut of SUTS) expectEqual(shipped(sut), trace.blocks, chunks);
  });
});

it('random streams on random machines', {timeout: 600_000}, () => {
  fc.assert(
    fc.property(
      anyStream,
      anyMachine,
      anyPolicy,
      fc.constantFrom(...SUTS),
      fc.constantFrom(1, 1.25, 0.7),
      fc.integer(),
      (stream, machine, policy, sut, pipelineScale, seed) => {
        const system = {machine, policy, activities: hastened(sut), pipelineScale, seed};
        expectEqual(system, BLOCKS, [chunkOf(marked(stream.words))]);
      },
    ),
    {seed: 31, numRuns: 150 * TIMES},
  );
});

/** Regions of both stages, orders of frames, untagged switches, and hypervisors that invalidate; 2 MiB in the first RAM. */
const anyRichPolicy: fc.Arbitrary<TranslationPolicy> = fc
  .record({
    base: anyPolicy,
    regions1: fc.subarray(['program', 'high', 'stack'] as const),
    leaf1: fc.nat(),
    hasRegions2: fc.boolean(),
    order: fc.constantFrom('contiguous' as const, 'fragmented' as const, 'coloured' as const),
    run: fc.constantFrom(1, 5, 700),
    flushes: fc.boolean(),
  })
  .map(({base, regions1, leaf1, hasRegions2, order, run, flushes}) => {
    const leaf = PAGES[base.stage1.format][leaf1 % PAGES[base.stage1.format].length]!;
    const source = 'test';
    const regions = regions1.map((area) =>
      area === 'high' ? {from: 64 * MEBIBYTE, to: 128 * MEBIBYTE, leaf} : {area, leaf},
    );
    const orders = {
      contiguous: {policy: 'contiguous' as const, source},
      fragmented: {
        policy: 'fragmented' as const,
        source,
        meanRun: {value: run, unit: 'pages', kind: 'assumed' as const, source},
      },
      coloured: {policy: 'coloured' as const, source, colours: [0, 1, 3, 4, 6, 7]},
    };
    const isProgram = regions1.includes('program');
    // A program's pages lie below 64 MiB too.
    const stage1Regions = isProgram ? regions.filter((one) => 'area' in one) : regions;
    const stage1 = {
      ...base.stage1,
      regions: stage1Regions,
      taskSwitch: flushes ? ('flush' as const) : ('tagged' as const),
    };
    const {stage2} = base;
    // Natively there is one order; coloured frames are of 4 KiB in any case.
    if (!stage2) return {...base, stage1, placement: orders[order === 'coloured' ? 'contiguous' : order]};
    const {guestBase} = MACHINE;
    const regions2 = [
      {from: guestBase + 16 * MEBIBYTE, to: guestBase + 96 * MEBIBYTE, leaf: stage2.leaf === '4K' ? '2M' : '4K'},
    ] as const;
    const mayMix = hasRegions2 && stage2.leaf !== '1G';
    return {
      ...base,
      stage1: {...stage1, placement: orders[order === 'coloured' ? 'fragmented' : order]},
      stage2: {...stage2, ...(mayMix ? {regions: [...regions2]} : {})},
      placement: order === 'coloured' && !mayMix && stage2.leaf === '4K' ? orders.coloured : base.placement,
    };
  });

const invalidating = (activities: readonly TimedActivity[], what: 'guest' | 'all' | undefined): TimedActivity[] =>
  activities.map((one, index) =>
    what === undefined || index % 2 === 1
      ? one
      : {...one, paths: one.paths.map((each) => ({...each, path: {...each.path, invalidates: what}}))},
  );

it('address spaces, maintenance and mixed page sizes on random machines', {timeout: 600_000}, () => {
  fc.assert(
    fc.property(
      anySpacedStream,
      anyMachine,
      anyRichPolicy,
      fc.constantFrom(...SUTS),
      fc.constantFrom(undefined, undefined, 'guest' as const, 'all' as const),
      fc.integer(),
      (stream, machine, policy, sut, what, seed) => {
        const activities = invalidating(hastened(sut), what);
        const system = {machine: {...machine, l2: MACHINE.l2}, policy, activities, pipelineScale: 1.25, seed};
        expectEqual(system, BLOCKS, [chunkOf(marked(stream.words))]);
      },
    ),
    {seed: 32, numRuns: 150 * TIMES},
  );
});

it('machines whose kernel maps its memory, on random machines', {timeout: 600_000}, () => {
  fc.assert(
    fc.property(
      anyMachineStream,
      anyMachine,
      anyPolicy,
      fc.constantFrom(...SUTS),
      fc.constantFrom(undefined, undefined, 'guest' as const, 'all' as const),
      fc.integer(),
      (words, machine, policy, sut, what, seed) => {
        const activities = invalidating(hastened(sut), what);
        const system = {machine, policy, activities, pipelineScale: 1.25, seed, isMachine: true};
        expectEqual(system, BLOCKS, [chunkOf(marked(words))]);
      },
    ),
    {seed: 33, numRuns: 150 * TIMES},
  );
});

it('the order and the size of chunks change nothing', () => {
  const words = fc.sample(anyStream, {seed: 5, numRuns: 30}).flatMap((stream) => stream.words);
  const whole = chunkOf(words);
  const cut = fc.sample(anyStream, {seed: 5, numRuns: 30}).map((stream) => chunkOf(stream.words));
  const large = chunkOf(Array.from({length: 12}, () => words).flat());
  const many = Array.from({length: 12}, () => whole);
  for (const sut of SUTS) {
    const counts = (chunks: readonly TraceChunk[]) => countsBy(KernelReplay, shipped(sut), BLOCKS, chunks);
    expect(counts(cut)).toEqual(counts([whole]));
    // More words than the kernel takes at a time.
    expect(large.length).toBeGreaterThan(2 ** 17);
    expect(counts([large])).toEqual(counts(many));
  }
});

it('knows the places of its counts', () => {
  const ours = Object.values(kernelMetrics).toSorted((a, b) => a - b);
  expect(ours).toEqual(Object.values(METRIC).toSorted((a, b) => a - b));
  expect(kernelMetrics.STALL_STAGE2).toBe(METRIC.stallStage2);
  const upper = (name: string): string =>
    name === 'conditional' ? 'CONDITIONAL_BRANCHES' : name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
  for (const [name, index] of Object.entries(METRIC))
    expect([name, (kernelMetrics as Record<string, number>)[upper(name)]]).toEqual([name, index]);
});

it('is what its sources build', {timeout: 60_000}, () => {
  const directory = mkdtempSync(join(tmpdir(), 'trapwalk-kernel-'));
  try {
    const {scripts} = JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const built = join(directory, 'replay.wasm');
    const [, ...flags] = scripts['build:kernel']!.replace('kernel/replay.wasm', built).split(' ');
    execFileSync(packagePath('node_modules', '.bin', 'asc'), flags, {cwd: packagePath('.'), stdio: 'pipe'});
    expect(readFileSync(built).equals(readFileSync(packagePath('kernel', 'replay.wasm')))).toBe(true);
  } finally {
    rmSync(directory, {recursive: true, force: true});
  }
});
