/** `replay` and `whatif page-size` of a stored machine's trace. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import Replay from '../../src/cli/commands/replay.ts';
import WhatifPageSize from '../../src/cli/commands/whatif/page-size.ts';
import {eventRecord, READ} from '../../src/trace/records.ts';
import type {TraceChunk, TraceSource} from '../../src/trace/source.ts';
import {writeTrace} from '../../src/trace/write.ts';
import {MACHINE_HEADER, RAM, translationWords} from '../costmodel/machine-streams.ts';
import {BLOCKS, blockWords, chunkOf, markerWords, sourceOf} from '../costmodel/streams.ts';
import {runCommand} from './run-command.ts';

const directory = mkdtempSync(join(tmpdir(), 'trapwalk-machine-'));
afterAll(() => rmSync(directory, {recursive: true, force: true}));
const TRACE = join(directory, 'machine.trace');
const ROUNDS = 20;

const flat = (address: number) =>
  translationWords({
    space: 0,
    address: address - (address % 4096),
    bits: 12,
    page: RAM.base + (address - (address % 4096)),
    descriptors: [RAM.base + 0x10_0000 + Math.floor(address / 4096) * 8],
  });
const block = BLOCKS[0]!;
const wait = [eventRecord('wait', 3), 0, 1, 0];
/** Begins at PL1, accesses a page that was not there before, and waits; `rounds` times the block. */
const stream = (rounds: number): number[] => [
  ...markerWords('begin'),
  ...[eventRecord('exception-entry', 2), 4, 0x8000],
  ...flat(block.address),
  ...flat(0x2000),
  ...[eventRecord('first-touch', 1), RAM.base + 0x2000],
  ...Array.from({length: rounds}, () => blockWords(0, [{address: 0x2000, size: 4, kind: READ}])).flat(),
  ...wait,
  ...markerWords('end'),
];

beforeAll(() => {
  const chunks: TraceChunk[] = [stream(ROUNDS), stream(3)].map((words, vcpu) => ({...chunkOf(words), vcpu}));
  const source: TraceSource = {
    ...sourceOf([]),
    header: {
      ...sourceOf([]).header,
      vcpus: 2,
      machine: MACHINE_HEADER,
    },
    next: () => chunks.shift(),
  };
  writeTrace(TRACE, source);
});

describe('replay', () => {
  test.each([
    [0, ROUNDS],
    [1, 3],
  ])('one vCPU is replayed: %i', async (vcpu, rounds) => {
    const {stdout} = await runCommand(Replay, TRACE, '--vcpu', String(vcpu), '--sut', 'host,kvm', '--json');
    const {reports, machine} = JSON.parse(stdout);
    for (const {counts, walk, stage1} of reports) {
      expect(counts['accesses.read']).toBe(rounds);
      expect([walk, stage1]).toEqual([null, "the guest's own"]);
    }
    expect(machine).toMatchObject({vcpu, units: null, footprint: null, possibleExits: 2});
    expect(machine.systems).toMatchObject([
      {sut: 'host', firstTouchFaults: 0},
      {sut: 'kvm', firstTouchFaults: 1},
    ]);
    // Two walks of one descriptor each, wherever it was.
    for (const {walks, stage1Reads} of machine.systems) {
      expect(walks).toBe(2);
      expect(stage1Reads.l1d + stage1Reads.l2 + stage1Reads.dram).toBe(2);
    }
  });

  test('by unit of work', async () => {
    const args = ['--vcpu', '0', '--sut', 'host', '--units', String(ROUNDS), '--unit', 'round'];
    const {stdout} = await runCommand(Replay, TRACE, ...args);
    expect(stdout).toContain('What vCPU 0 did');
    expect(stdout).toMatch(/│ instructions +│ +\d+ │ +1\.000 │/);
    expect(stdout).toMatch(new RegExp(`for a round, mean of ${ROUNDS}`));
    expect(stdout).toContain('Page-table walks per round');
    const {stdout: json} = await runCommand(Replay, TRACE, ...args, '--json');
    const {machine} = JSON.parse(json);
    const lines = Math.floor((block.address + block.size - 1) / 64) - Math.floor(block.address / 64) + 1;
    expect(machine.footprint).toEqual({windows: ROUNDS, codeLines: lines, dataLines: 1, kernelShare: 1});
  });

  test.each([
    [[], /2 vCPUs, and one of them is replayed; choose it with --vcpu 0 to 1/],
    [['--vcpu', '2'], /no vCPU 2; its vCPUs are 0 to 1/],
    [['--vcpu', '0', '--sample'], /part of a machine's trace/],
    [['--vcpu', '0', '--beside', 'dhrystone 10 10'], /cannot be replayed beside anything yet/],
    [['--vcpu', '0', '--stage1-region', 'stack=64K'], /stage 1 of a machine's trace is what its kernel mapped/],
    [['--vcpu', '0', '--guest-placement', 'fragmented:4'], /stage 1 of a machine's trace is what its kernel mapped/],
    [['--vcpu', '0', '--units', '1000000'], /1000000 units are more than the \d+ instructions/],
  ] as const)('%j is refused', async (args, message) => {
    const {stderr, exitCode} = await runCommand(Replay, TRACE, '--sut', 'kvm', ...args);
    expect(stderr).toMatch(message);
    expect(exitCode).not.toBe(0);
  });

  test('a program has neither vCPUs nor units', async () => {
    const program = (...args: readonly string[]) =>
      runCommand(Replay, 'dhrystone', '--sut', 'host', ...args, '--', '10', '10');
    expect((await program('--vcpu', '0')).stderr).toMatch(/no vCPUs to choose from/);
    expect((await program('--units', '10')).stderr).toMatch(/units of work are those of a machine's trace/);
  });
});

describe('whatif page-size', () => {
  test('sweeps stage 2, and keeps what the kernel maps', async () => {
    const {stdout} = await runCommand(WhatifPageSize, TRACE, '--vcpu', '0', '--sut', 'kvm', '--json');
    const {rows} = JSON.parse(stdout);
    expect(rows).toMatchObject([
      {stage1: "the guest's own", stage2: 'lpae 4K', worstCaseReads: null},
      {stage1: "the guest's own", stage2: 'lpae 2M', worstCaseReads: null},
    ]);
  });

  test('other pages in stage 1 are refused', async () => {
    const {stderr} = await runCommand(WhatifPageSize, TRACE, '--vcpu', '0', '--sut', 'kvm', '--stage1', '64K');
    expect(stderr).toMatch(/stage 1 of a machine's trace is what its kernel mapped/);
  });
});
