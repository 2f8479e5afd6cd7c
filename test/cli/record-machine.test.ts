/** `trace record --linux`: a machine to a file, on a bare program with markers. */
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {expect, test} from 'vitest';
import {bareElf} from '../../guests/programs.ts';
import Run from '../../src/cli/commands/run.ts';
import TraceDiff from '../../src/cli/commands/trace/diff.ts';
import TraceExport from '../../src/cli/commands/trace/export.ts';
import TraceInfo from '../../src/cli/commands/trace/info.ts';
import TraceRecord from '../../src/cli/commands/trace/record.ts';
import TraceSlice from '../../src/cli/commands/trace/slice.ts';
import TraceValidate from '../../src/cli/commands/trace/validate.ts';
import TraceView from '../../src/cli/commands/trace/view.ts';
import {openTrace} from '../../src/trace/read.ts';
import {GUESTS} from '../guests/catalogue.ts';
import {useDirectory} from './guest-file.ts';
import {runCommand, runJson} from './run-command.ts';

const place = useDirectory();
const bare = (program: string): string => join(GUESTS, 'bin', bareElf(program));
const record = (output: string, ...argv: readonly string[]) =>
  runJson(TraceRecord, '--memory', '64', '--output', output, '--json', ...argv);

test.each(['1', '2'])('two recordings of %s vCPUs are the same bytes, and whole', async (cpus) => {
  const [first, second] = [place(`first-${cpus}`), place(`second-${cpus}`)];
  const made = await record(first, '--linux', bare('recorded'), '--cpus', cpus);
  await record(second, '--linux', bare('recorded'), '--cpus', cpus);
  expect(readFileSync(second).equals(readFileSync(first))).toBe(true);
  expect(made.console).toMatch(/^\.{4}/);
  expect(made.instructions).toBeGreaterThan(made.counts.instructions);
  expect(await runJson(TraceValidate, first, '--json')).toMatchObject({valid: true, checked: made.counts});
  expect((await runCommand(TraceDiff, first, second)).exitCode).toBe(0);
});

test('the header says what was recorded, and the command that does it again', async () => {
  const path = place('header');
  await record(path, '--linux', bare('devices'), '--append', "it's quiet", '--from', '2000', '--to', '4000');
  const trace = openTrace(path);
  trace.close();
  expect(trace.header).toMatchObject({
    guest: 'devices.elf',
    vcpus: 1,
    command:
      "trapwalk trace record --linux devices.elf --append 'it'\\''s quiet' --board virt --cpus 1 --memory 64M --from 2000 --to 4000 --output FILE",
    machine: {
      ...{board: 'virt', ramBase: 0x4000_0000, ramSize: 2 ** 26, quantum: 1000, nanosecondsPerInstruction: 1},
      ...{commandLine: "it's quiet", files: []},
    },
  });
  expect(trace.counts.instructions).toBe(2000);
});

test('vCPUs that share a CPU are recorded as such, from a snapshot of others too', async () => {
  const [whole, again, rest] = [place('shared'), place('shared-again'), place('shared-rest')];
  const argv = ['--cpus', '2', '--turn', '50'];
  const made = await record(whole, '--linux', bare('recorded'), ...argv);
  await record(again, '--linux', bare('recorded'), ...argv);
  expect(readFileSync(again).equals(readFileSync(whole))).toBe(true);
  const trace = openTrace(whole);
  trace.close();
  expect(trace.header.machine).toMatchObject({quantum: 50, sharesCpu: true});
  expect(trace.header.command).toContain(' --turn 50 ');
  expect((await runCommand(TraceInfo, whole)).stdout).toMatch(/, turns of 50 ns on one CPU$/m);

  const snapshot = place('at-once.snapshot');
  await runJson(
    Run,
    '--linux',
    bare('recorded'),
    '--cpus',
    '2',
    '--snapshot-at',
    'warm',
    '--snapshot',
    snapshot,
    '--json',
  );
  const gone = await runJson(TraceRecord, '--from-snapshot', snapshot, '--turn', '50', '--output', rest, '--json');
  expect(gone.console).toBe(made.console);
  const restTrace = openTrace(rest);
  restTrace.close();
  expect(restTrace.header.machine).toMatchObject({quantum: 50, sharesCpu: true});
  expect(restTrace.header.command).toContain('--from-snapshot at-once.snapshot --turn 50 ');
});

test('vCPUs that run at once are recorded in turns as short as is asked for', async () => {
  const [fine, again, usual] = [place('fine'), place('fine-again'), place('usual')];
  const argv = ['--linux', bare('recorded'), '--cpus', '2'];
  const made = await record(fine, ...argv, '--quantum', '10');
  await record(again, ...argv, '--quantum', '10');
  expect(readFileSync(again).equals(readFileSync(fine))).toBe(true);
  expect((await record(usual, ...argv)).console).toBe(made.console);
  const trace = openTrace(fine);
  trace.close();
  expect(trace.header.machine).toMatchObject({quantum: 10});
  expect(trace.header.machine?.sharesCpu).toBeUndefined();
  expect(trace.header.command).toContain(' --quantum 10 ');
});

test('the tools take one stream of several', async () => {
  const path = place('two');
  await record(path, '--linux', bare('recorded'), '--cpus', '2', '--packing', 'small');
  const info = await runCommand(TraceInfo, path);
  expect(info.stdout).toMatch(/^machine +virt, 67,108,864 bytes of RAM from 0x40000000, turns of 1,000 ns$/m);
  expect(info.stdout).toMatch(/^vCPU 1 +15 instructions, 14 events$/m);
  expect(info.stdout).toMatch(/^markers +warm at 0 of vCPU 0, .*end at \d+ of vCPU 1$/m);
  const view = await runCommand(TraceView, path, '--vcpu', '1', '--count', '3');
  expect(view.stdout.split('\n')[0]).toBe('vCPU 1');
  expect(view.stdout).toMatch(/task-switch space 1 task 0x[0-9a-f]{8}\n.*marker warm\n.*marker begin\n$/);
  const lost = await runCommand(TraceExport, path, '--format', 'lackey', '--output', place('log'));
  expect([lost.exitCode, lost.stderr]).toEqual([1, expect.stringContaining('choose one of them with --vcpu')]);
  const slice = await runCommand(TraceSlice, path, '--vcpu', '1', '--from', 'begin', '--output', place('slice'));
  expect([slice.exitCode, slice.stderr]).toEqual([0, expect.stringContaining(', with markers')]);
  expect((await runJson(TraceValidate, place('slice'), '--json')).valid).toBe(true);
});

test.each<[string, readonly string[], RegExp]>([
  ['a guest without markers', ['--linux', bare('devices')], /set no markers, so nothing was recorded; record it with/],
  ['a kernel that is none', ['--linux', import.meta.filename], /record-machine\.test\.ts/],
  ['a window of nothing', ['--linux', bare('devices'), '--from', '9', '--to', '9'], /--to 9 is not behind --from 9/],
  ['too few instructions', ['--linux', bare('recorded'), '--max-instructions', '10'], /did not end within 10/],
  ['turns of nothing', ['--linux', bare('recorded'), '--turn', '0'], /greater than or equal to 1/],
  [
    'turns of both kinds',
    ['--linux', bare('recorded'), '--turn', '9', '--quantum', '9'],
    /--turn.*cannot also be provided|--quantum.*cannot also be provided/,
  ],
  ['turns of hours', ['--linux', bare('recorded'), '--turn', '1e13'], /--turn/],
  ['turns of two seconds', ['--linux', bare('recorded'), '--turn', '2000000000'], /less than or equal to 1000000000/],
  ['a program besides', ['dhrystone', '--linux', bare('devices')], /there is no program dhrystone/],
  ['a command line of a program', ['dhrystone', '--append', 'quiet'], /--linux/],
  ['nothing at all', [], /missing argument: GUEST/],
])('%s is refused, and leaves nothing', async (name, argv, message) => {
  const output = place(name.replaceAll(' ', '-'));
  const {exitCode, stderr} = await runCommand(TraceRecord, '--output', output, ...argv);
  expect(exitCode).not.toBe(0);
  expect(stderr).toMatch(message);
  expect(existsSync(output)).toBe(false);
  expect(readdirSync(dirname(output)).filter((file) => file.startsWith('.'))).toEqual([]);
});
