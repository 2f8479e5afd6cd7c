/** `explain` and `diff` of recorded machines and of programs: sums, what cannot be, and timelines. */
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import Diff from '../../src/cli/commands/diff.ts';
import Explain from '../../src/cli/commands/explain.ts';
import Run from '../../src/cli/commands/run.ts';
import TraceRecord from '../../src/cli/commands/trace/record.ts';
import {packagePath} from '../../src/files/paths.ts';
import type {ScheduleReport} from '../../src/predict/schedule-report.ts';
import {runCommand, runJson} from './run-command.ts';

const directory = mkdtempSync(join(tmpdir(), 'trapwalk-explain-'));
afterAll(() => rmSync(directory, {recursive: true, force: true}));
const IMAGE = ['--linux', packagePath('guests', 'bin', 'bare', 'lock.elf'), '--cpus', '2'] as const;
/** Two vCPUs that hand a lock to and fro, a few times. */
const LOCK = join(directory, 'lock.trace');
const SNAPSHOT = join(directory, 'lock.snapshot');
const recording = (name: string): string => (name === 'lock' ? LOCK : packagePath('traces', `${name}.trace`));
beforeAll(async () => {
  const machine = [...IMAGE, '--append', '20 300 50'];
  const recorded = await runCommand(TraceRecord, ...machine, '--output', LOCK);
  const kept = await runCommand(Run, ...machine, '--snapshot-at', '1000', '--snapshot', SNAPSHOT);
  expect([recorded.exitCode, kept.exitCode]).toEqual([0, 0]);
});
const PROGRAM = ['dhrystone', '--', '200', '20'] as const;

const sum = (parts: readonly {readonly cycles: number}[]): number => parts.reduce((all, {cycles}) => all + cycles, 0);

/** Within what floating-point sums lose. */
const expectSame = (actual: number, expected: number): void =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));

const expectWhole = ({cpus, vcpus, hostCycles, items}: ScheduleReport): void => {
  expectSame(sum(items), hostCycles);
  expectSame(
    cpus.reduce((all, {elapsed}) => all + elapsed, 0),
    hostCycles,
  );
  for (const {elapsed, guest, waiting, neighbours, idle, paths, background, service} of cpus)
    expectSame(guest + waiting + neighbours + idle + sum([...paths, ...background, ...service]), elapsed);
  for (const vcpu of vcpus) {
    expectSame(vcpu.running + vcpu.ready + vcpu.blocked, vcpu.elapsed);
    expectSame(sum(vcpu.items), vcpu.running);
    for (const {count, cycles, meanCycles} of vcpu.exits) expectSame(count * meanCycles, cycles);
  }
};

describe('explain of a machine', () => {
  test.each([
    ['lock', '1', 'xvisor,kvm,xen', []],
    ['lock', '2', 'host,xvisor,kvm,xen', []],
    ['lock', '1', 'xen', ['--locks', 'para-virtualized', '--neighbours', '0']],
    ['console-poll', '2', 'xvisor,xen', []],
    ['idle', '2', 'xen', ['--tick', '100']],
  ] as const)('%s on %s host CPUs adds up on %s with %j', async (name, cpus, suts, more) => {
    const args = [recording(name), '--sut', suts, '--host-cpus', cpus, ...more, '--json'];
    const {kind, reports, header} = await runJson(Explain, ...args);
    expect(kind).toBe('schedule');
    expect(reports.map(({sut}: ScheduleReport) => sut).join()).toBe(suts);
    for (const report of reports as readonly ScheduleReport[]) {
      expectWhole(report);
      expect(report.cpus).toHaveLength(Number(cpus));
      expect(report.vcpus).toHaveLength(header.vcpus);
    }
  });

  test('two runs are the same', async () => {
    const args = [LOCK, '--sut', 'xen', '--json'];
    expect(await runJson(Explain, ...args)).toEqual(await runJson(Explain, ...args));
  });

  test('what the flags ask for is what happens', async () => {
    const neighbour = async (...args: readonly string[]): Promise<ScheduleReport> => {
      const {reports} = await runJson(Explain, LOCK, '--sut', 'xvisor', ...args, '--json');
      return reports[0];
    };
    const alone = await neighbour();
    const beside = await neighbour('--neighbours', '0');
    expect(alone.cpus[0]?.neighbours).toBe(0);
    expect(beside.cpus[0]?.neighbours).toBeGreaterThan(0);
    expect(beside.cycles).toBeGreaterThan(alone.cycles);
    const reasons = ({vcpus}: ScheduleReport) => vcpus.flatMap(({exits}) => exits.map(({reason}) => reason));
    expect(reasons(await neighbour('--locks', 'para-virtualized'))).toContain('park');
    expect(reasons(alone)).not.toContain('park');
    expect(reasons(await neighbour('--wfe', 'trap')).join()).toContain('yield-');
    expect(reasons(await neighbour('--wfe', 'native')).join()).not.toContain('yield-');
  });

  test('a machine that is executed as it is scheduled gives what its trace gives', async () => {
    const stored = join(directory, 'from-snapshot.trace');
    expect((await runCommand(TraceRecord, '--from-snapshot', SNAPSHOT, '--output', stored)).exitCode).toBe(0);
    const args = ['--sut', 'xvisor,xen', '--json'];
    const {source, reports} = await runJson(Explain, '--from-snapshot', SNAPSHOT, ...args);
    expect(source.name).toBe(SNAPSHOT);
    expect(reports).toEqual((await runJson(Explain, stored, ...args)).reports);
  });

  test('the tables, with a column per system and per vCPU', async () => {
    const args = [LOCK, '--sut', 'xvisor,xen', '--units', '1000', '--unit', 'turn'];
    const {stdout, stderr, exitCode} = await runCommand(Explain, ...args);
    expect({stderr, exitCode}).toEqual({stderr: '', exitCode: 0});
    expect(stdout).toContain('Where the time of one host CPU went');
    expect(stdout).toMatch(/│ +│ +xvisor │ +xen │/);
    expect(stdout).toMatch(/│ {3}per turn +│ +[\d,.]+ │ +[\d,.]+ │/);
    expect(stdout).toMatch(/│ +│ +vCPU 0 │ +vCPU 1 │/);
    expect(stdout).toContain('xen: exits, switches and what the host does beside them');
    expect(stdout).toMatch(/│ event +│ samples │ samples % │ time % │ mean cycles │ total cycles │/);
    expect(stdout).toMatch(/unattributed +│ +0 \(0\.0%\) │ +0 \(0\.0%\) │/);
  });
});

describe('what cannot be explained', () => {
  const seven = ['--neighbours', '7'] as const;
  test.each([
    [[LOCK, '--sut', 'xvisr'], 1, /unknown system under test 'xvisr'; did you mean 'xvisor'\?/],
    [[LOCK, '--sut', 'host'], 1, /no scheduler of vCPUs.*choose --host-cpus 2, or leave 'host' out/],
    [[LOCK, '--sut', 'host', '--host-cpus', '2', '--neighbours', '0'], 1, /'host' has no other guests/],
    [[LOCK, '--sut', 'kvm', ...seven], 1, /no host CPU 7 for a neighbour; host CPUs are 0 to 0/],
    [[LOCK, '--sut', 'kvm', '--neighbours', '-1x'], 1, /'-1x' is no number of a host CPU/],
    [[LOCK, '--sut', 'kvm', '--host-cpus', '0'], 2, /--host-cpus/],
    [[LOCK, '--sut', 'kvm', '--stage1-region', 'stack=64K'], 1, /stage 1 of a machine's trace/],
    [[LOCK, '--sut', 'kvm', '--profile', 'v7-hf'], 1, /made with its own arguments and build/],
    [[LOCK, '--sut', 'kvm', '--timeline-limit', '5'], 2, /--timeline/],
    [[LOCK, '--sut', 'kvm,xen', '--timeline', 'x.json'], 2, /--timeline shows one system, not 2/],
    [[LOCK, '--sut', 'kvm', '--from-snapshot', 'x'], 2, /there is no .*lock\.trace/],
    [['--sut', 'kvm', '--from-snapshot', recording('missing')], 1, /missing\.trace/],
    [['--sut', 'kvm'], 2, /missing argument/],
    [['--sut', 'kvm', '--tick', '100', ...PROGRAM], 1, /a program alone is not scheduled, and has no use for --tick/],
    [['--sut', 'kvm', '--timeline', 'x.json', ...PROGRAM], 1, /has no use for --timeline/],
    [['--sut', 'kvm', '--units', '2', ...PROGRAM], 1, /units of work are those of a machine's trace/],
  ] as const)('%j', async (args, code, message) => {
    const {stdout, stderr, exitCode} = await runCommand(Explain, ...args);
    expect(stderr).toMatch(message);
    expect({stdout, exitCode}).toEqual({stdout: '', exitCode: code});
  });

  test('a difference is one of two systems', async () => {
    const {stderr, exitCode} = await runCommand(Diff, LOCK, '--sut', 'kvm');
    expect(stderr).toMatch(/two systems that are compared, not 1/);
    expect(exitCode).toBe(2);
  });
});

describe('explain and diff of a program', () => {
  test("are by replay's own items", async () => {
    const {kind, reports} = await runJson(Explain, '--sut', 'host,kvm', '--json', ...PROGRAM);
    expect(kind).toBe('replay');
    const {differences} = await runJson(Diff, '--sut', 'host,kvm', '--json', ...PROGRAM);
    expect(differences).toHaveLength(1);
    expect(differences[0].difference).toBe(reports[1].cycles - reports[0].cycles);
  });
});

describe('diff', () => {
  test('adds up to the difference of the totals, largest first', async () => {
    const args = [LOCK, '--sut', 'xvisor,xen', '--json'];
    const {reports} = await runJson(Explain, ...args);
    const {differences} = await runJson(Diff, ...args);
    expect(differences.map(({of}: {of: string}) => of)).toEqual([
      'Cycles of all host CPUs',
      'Cycles of vCPU 0, until its end',
      'Cycles of vCPU 1, until its end',
    ]);
    expect(differences[0].difference).toBe(reports[1].hostCycles - reports[0].hostCycles);
    expect(differences[2].second).toBe(reports[1].vcpus[1].elapsed);
    for (const {rows, first, second, difference, unattributed} of differences) {
      expect(difference).toBe(second - first);
      expect(Math.abs(unattributed)).toBeLessThanOrEqual(1e-9 * second);
      const sizes = rows.map((row: {difference: number}) => Math.abs(row.difference));
      expect(sizes).toEqual(sizes.toSorted((a: number, b: number) => b - a));
      for (const row of rows) expect(row.difference).toBe(row.second - row.first);
    }
  });

  test('a system differs from itself in nothing', async () => {
    const {stdout} = await runCommand(Diff, LOCK, '--sut', 'xen,xen');
    expect(stdout).toMatch(/│ all +│ +│ +[\d,]+ │ +[\d,]+ │ +0 │ +– │/);
  });
});

interface Slice {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
}

/** Whole nanoseconds. */
const bounds = ({ts, dur}: Slice): readonly [from: number, to: number] => [
  Math.round(ts * 1000),
  Math.round(ts * 1000) + Math.round(dur * 1000),
];

/** On one thread: of any two, one holds the other or they are apart. Returns those that overlap. */
const overlapping = (slices: readonly Slice[]): readonly (readonly [from: number, to: number])[] => {
  const open: number[] = [];
  const inOrder = slices.map(bounds).toSorted(([a, aEnd], [b, bEnd]) => a - b || bEnd - aEnd);
  return inOrder.filter(([from, to]) => {
    while (open.length > 0 && open.at(-1)! <= from) open.pop();
    const isWithin = open.length === 0 || to <= open.at(-1)!;
    open.push(to);
    return !isWithin;
  });
};

test('slices that overlap are found', () => {
  const slice = (ts: number, dur: number): Slice => ({name: '', ph: 'X', pid: 1, tid: 0, ts, dur});
  expect(overlapping([slice(0, 2), slice(0, 1), slice(1, 1), slice(2, 3)])).toEqual([]);
  expect(overlapping([slice(0, 2), slice(1, 2)])).toEqual([[1000, 3000]]);
});

describe('--timeline', () => {
  test.each([
    ['lock', 'xen', '1'],
    ['lock', 'kvm', '2'],
    ['console-poll', 'xen', '2'],
  ])('of %s on %s with %s host CPUs nests, and has all of every vCPU', async (name, sut, cpus) => {
    const file = join(directory, `${name}-${sut}.json`);
    const args = [recording(name), '--sut', sut, '--host-cpus', cpus, '--timeline', file];
    const {stderr, exitCode} = await runCommand(Explain, ...args);
    expect({stderr, exitCode}).toEqual({stderr: '', exitCode: 0});
    const {traceEvents, otherData} = JSON.parse(readFileSync(file, 'utf8'));
    expect(otherData).toEqual({subject: recording(name), sut, seed: 1, leftOut: 0});
    const slices: readonly Slice[] = traceEvents.filter(({ph}: Slice) => ph === 'X');
    expect(slices.filter(({dur}) => !(dur > 0))).toEqual([]);
    const threads = new Map<string, Slice[]>();
    for (const slice of slices) {
      const thread = `${slice.pid} ${slice.tid}`;
      const all = threads.get(thread);
      if (all) all.push(slice);
      else threads.set(thread, [slice]);
    }
    for (const all of threads.values()) expect(overlapping(all)).toEqual([]);
    // A vCPU is in one state at any time, from the start to its end.
    const states = (threads.get('2 0') ?? []).map(bounds).toSorted(([a], [b]) => a - b);
    expect(states[0]?.[0]).toBe(0);
    expect(states.slice(1).map(([from]) => from)).toEqual(states.slice(0, -1).map(([, to]) => to));
  });

  test('is cut where it gets too long, which is said', async () => {
    const file = join(directory, 'cut.json');
    const args = [LOCK, '--sut', 'xen', '--timeline', file, '--timeline-limit', '10'];
    const {stderr} = await runCommand(Explain, ...args);
    expect(stderr).toMatch(/cut\.json: \d+ events are left out; --timeline-limit raises that/);
    const {traceEvents, otherData} = JSON.parse(readFileSync(file, 'utf8'));
    expect(traceEvents.filter(({ph}: Slice) => ph !== 'M')).toHaveLength(10);
    expect(otherData.leftOut).toBeGreaterThan(0);
  });

  test('leaves nothing behind when the trace is broken', async () => {
    const broken = join(directory, 'broken.trace');
    const bytes = readFileSync(recording('idle'));
    bytes.fill(0x55, 60_000, 60_400);
    writeFileSync(broken, bytes);
    const file = join(directory, 'broken.json');
    const {stderr, exitCode} = await runCommand(Explain, broken, '--sut', 'xvisor', '--timeline', file);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^trapwalk: .*broken\.trace/);
    expect(existsSync(file)).toBe(false);
    expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
