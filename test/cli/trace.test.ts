import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {beforeAll, describe, expect, test} from 'vitest';
import TraceInfo from '../../src/cli/commands/trace/info.ts';
import TraceRecord from '../../src/cli/commands/trace/record.ts';
import TraceView from '../../src/cli/commands/trace/view.ts';
import {EXITS_WITH_3, FAULTS, guestOf, LOOPS, useDirectory, writeGuest} from './guest-file.ts';
import {DEV_ARGUMENTS, runCommand, runJson} from './run-command.ts';

const place = useDirectory();
const trace = () => place('dhrystone.trace');

beforeAll(async () => {
  const {stdout, stderr, exitCode} = await runCommand(TraceRecord, 'dhrystone', '--output', trace(), '--', '100', '10');
  expect(stdout).toBe('');
  expect(stderr).toMatch(/dhrystone\.trace: [\d,]+ instructions, [\d,]+ accesses, [\d,]+ bytes\n$/);
  expect(exitCode).toBe(0);
});

test('recording twice makes the same file', async () => {
  const {counts, bytes} = await runJson(
    TraceRecord,
    'dhrystone',
    '--output',
    place('again'),
    '--json',
    '--',
    '100',
    '10',
  );
  expect(readFileSync(place('again'))).toEqual(readFileSync(trace()));
  expect(bytes).toBe(readFileSync(trace()).length);
  expect(counts.instructions).toBeGreaterThan(110 * 361 - 361);
});

test('info counts what was recorded', async () => {
  const {header, counts, summary} = await runJson(TraceInfo, trace(), '--json');
  expect(header.guest).toBe('dhrystone-O2.elf');
  expect(summary.instructions).toBe(counts.instructions);
  expect(summary.markers.map(({marker}: {marker: string}) => marker)).toEqual(['warm', 'begin', 'end']);
  const {stdout} = await runCommand(TraceInfo, trace());
  expect(stdout).toMatch(/^markers +warm at 0, begin at [\d,]+, end at [\d,]+$/m);
});

test('view shows the records asked for', async () => {
  const all = await runJson(TraceView, trace(), '--count', '6', '--json');
  expect(all.lines[0]).toMatch(/^ +0 {2}marker warm$/);
  const {stdout} = await runCommand(TraceView, trace(), '--skip', '2', '--count', '3');
  const numbers = [...stdout.matchAll(/^ *(\d+) {2}/gm)].map(([, number]) => number);
  expect(numbers).toEqual(['2', '3', '4']);
});

test('--all records a guest without markers', async () => {
  const path = writeGuest(place('exits'), guestOf(...EXITS_WITH_3));
  const {exitCode, stderr} = await runCommand(TraceRecord, path, '--output', place('none'), '--all');
  // It exits with 3, which is no success to record.
  expect(stderr).toMatch(/the guest exited with 3/);
  expect(exitCode).toBe(1);
  const {counts} = await runJson(
    TraceRecord,
    'dhrystone',
    '--output',
    place('all'),
    '--all',
    '--json',
    '--',
    '100',
    '10',
  );
  const {counts: marked} = await runJson(TraceInfo, trace(), '--json');
  expect(counts.instructions).toBeGreaterThan(marked.instructions);
});

describe('nothing is left when a recording fails', () => {
  /** mov r0, #0; mov r7, #1 (exit); svc 0. */
  const SUCCEEDS = [0xe3a00000, 0xe3a07001, 0xef000000];

  test.each([
    ['a guest that faults', FAULTS, [], /guest fault at pc/],
    ['a guest without end', LOOPS, ['--max-instructions', '1000'], /did not end within 1000 instructions/],
    ['a guest without markers', SUCCEEDS, [], /set no markers, so nothing was recorded; record it with --all\n$/],
  ])('%s', async (name, words, flags, message) => {
    const guest = writeGuest(place(name.replaceAll(' ', '-')), guestOf(...words));
    const before = readdirSync(place());
    const {stderr, exitCode} = await runCommand(TraceRecord, guest, '--output', place('failed.trace'), ...flags);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(1);
    expect(readdirSync(place())).toEqual(before);
  });

  test('an output that cannot be written', async () => {
    writeFileSync(place('file'), 'kept');
    const output = place('file', 'below.trace');
    const {stderr, exitCode} = await runCommand(TraceRecord, 'dhrystone', '--output', output, '--', '100', '10');
    expect(stderr).toBe(
      `trapwalk: ${output}: cannot write (a part of the path is not a directory); choose a place that you can write to\n`,
    );
    expect(exitCode).toBe(1);
    expect(readFileSync(place('file'), 'utf8')).toBe('kept');
  });

  test('Ctrl-C', async () => {
    const guest = writeGuest(place('endless'), guestOf(...LOOPS));
    const before = readdirSync(place());
    const child = spawn(process.execPath, [
      ...DEV_ARGUMENTS,
      'trace',
      'record',
      guest,
      '--output',
      place('cut.trace'),
      '--all',
    ]);
    const ended = once(child, 'exit');
    // The recording has begun when its directory holds a file.
    const begun = () =>
      readdirSync(place()).some((name) => name.startsWith('.trapwalk-') && readdirSync(place(name)).length > 0);
    while (!begun() && child.exitCode === null) await sleep(20);
    child.kill('SIGINT');
    expect((await ended)[0]).toBe(130);
    expect(readdirSync(place())).toEqual(before);
  });
});

describe('what is no trace', () => {
  test.each([
    ['no file', () => place('missing'), 'cannot read (no such file or directory)'],
    ['a text', () => writeGuest(place('text'), Buffer.from('not a trace at all')), 'is not a trapwalk trace'],
    ['a cut-off trace', () => writeGuest(place('half'), readFileSync(trace()).subarray(0, -30)), 'damaged: '],
  ])('%s', async (_, path, message) => {
    for (const command of [TraceInfo, TraceView]) {
      const {stdout, stderr, exitCode} = await runCommand(command, path());
      expect(stdout).toBe('');
      expect(stderr).toContain(message);
      expect(stderr).toMatch(/^trapwalk: .*\n$/);
      expect(exitCode).toBe(1);
    }
  });
});

test('a reader that stops early is no error', async () => {
  const child = spawn(process.execPath, [...DEV_ARGUMENTS, 'trace', 'view', trace(), '--count', '100000']);
  const complaints: Buffer[] = [];
  child.stderr.on('data', (data: Buffer) => complaints.push(data));
  child.stdout.once('data', () => child.stdout.destroy());
  const [code] = await once(child, 'close');
  expect(Buffer.concat(complaints).toString()).toBe('');
  expect(code).toBe(0);
});

test('an output is required', async () => {
  const {stderr, exitCode} = await runCommand(TraceRecord, 'dhrystone');
  expect(stderr).toBe('trapwalk: Missing required flag output (see --help)\n');
  expect(exitCode).toBe(2);
});
