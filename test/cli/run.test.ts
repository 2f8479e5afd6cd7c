import {expect, test} from 'vitest';
import Run from '../../src/cli/commands/run.ts';
import {
  EXITS_WITH_3,
  FAULTS,
  guestBytes,
  guestOf,
  LOOPS,
  OLD_CALL,
  UNDEFINED,
  useDirectory,
  writeGuest,
} from './guest-file.ts';
import {runCommand, runJson, runProgram} from './run-command.ts';

const place = useDirectory();

test('the output of the guest passes through, alone', async () => {
  expect(await runCommand(Run, 'dhrystone', '--', '100', '10')).toEqual({
    stdout: 'dhrystone 2.1: 100 iterations after 10 to warm up, check values OK\n',
    stderr: '',
    exitCode: 0,
  });
});

test('what the guest writes to stderr goes to stderr, and its exit code is the exit code', async () => {
  const {stdout, stderr, exitCode} = await runCommand(Run, 'dhrystone', '--', '100');
  expect(stdout).toBe('');
  expect(stderr).toMatch(/arguments are ITERATIONS WARM_ITERATIONS\n$/);
  expect(exitCode).toBe(2);
});

test('the program itself exits with the code of the guest', () => {
  const path = writeGuest(place('exits'), guestOf(...EXITS_WITH_3));
  expect(runProgram('run', path)).toEqual({stdout: '', stderr: '', exitCode: 3});
});

test('default arguments are said on stderr', async () => {
  const {stderr, exitCode} = await runCommand(Run, 'cachebench-rmw', '--profile', 'v7-hf', '--optimization', 'O2');
  expect(stderr).toBe(
    "cachebench-rmw: arguments '6291456 2 524288' of benchmark cachebench-rmw; give others after '--'\n",
  );
  expect(exitCode).toBe(0);
});

test('--stats adds a line on stderr', async () => {
  const {stdout, stderr} = await runCommand(Run, 'dhrystone', '--stats', '--', '100', '10');
  expect(stdout).toMatch(/^dhrystone 2.1: .*OK\n$/);
  expect(stderr).toMatch(/^[\d,]+ instructions in [\d.]+ s, \d+ MIPS; exit code 0\n$/);
});

test('--json holds the output of the guest', async () => {
  const result = await runJson(Run, 'dhrystone', '--json', '--', '100', '10');
  expect(result).toMatchObject({guest: 'dhrystone', arguments: ['100', '10'], exitCode: 0, stderr: ''});
  expect(result.stdout).toMatch(/check values OK\n$/);
  // 110 iterations of about 361 instructions, and start-up.
  expect(result.instructions).toBeGreaterThan(110 * 361);
  expect(result.instructions).toBeLessThan(120 * 361);
  expect(result.mips).toBeCloseTo(result.instructions / result.seconds / 1e6, 6);
});

const bad = (name: string, bytes: Uint8Array): string => writeGuest(place(name), bytes);
const wrongMachine = (): Buffer => {
  const bytes = guestBytes();
  bytes.writeUInt16LE(3, 18);
  return bytes;
};

test.each([
  ['not an ELF file', () => bad('text', Buffer.from('MZ')), /^trapwalk: .*text: not an ELF file; /],
  ['a 64-bit ELF file', () => '/bin/true', /^trapwalk: \/bin\/true: not a 32-bit ELF file; /],
  ['another machine', () => bad('x86', wrongMachine()), /^trapwalk: .*x86: its machine is 3, not Arm \(40\); /],
  [
    'a cut-off header',
    () => bad('short', guestBytes().subarray(0, 40)),
    /^trapwalk: .*short: the ELF header is truncated/,
  ],
  [
    'a cut-off file',
    () => bad('half', guestBytes().subarray(0, 400)),
    /^trapwalk: .*half: .*truncated; the file is incomplete/,
  ],
  ['a directory', () => place(), /^trapwalk: \/.*EISDIR/],
  ['no such guest', () => 'dhrystoen', /^trapwalk: unknown guest 'dhrystoen'; choose from dhrystone, /],
  [
    'a script without its interpreter',
    () => bad('script', Buffer.from('#!/bin/sh\n')),
    /^trapwalk: .*script: its interpreter \/bin\/sh is not to be had \(ENOENT\); .*--sysroot/,
  ],
  [
    'an instruction that is not modelled',
    () => bad('old', guestOf(...OLD_CALL)),
    /^trapwalk: instruction 0xef900001 at 0x[0-9a-f]{8}: a system call of the old ABI/,
  ],
])('%s is one line on stderr and exit code 1', async (_, guest, message) => {
  const {stdout, stderr, exitCode} = await runCommand(Run, guest());
  expect(stdout).toBe('');
  expect(stderr).toMatch(message);
  expect(stderr.match(/\n/g)).toHaveLength(1);
  expect(exitCode).toBe(1);
});

test.each([
  ['a fault', FAULTS, /^task 1000 \(fatal\) ends by SIGSEGV: guest fault at pc 0x[0-9a-f]{8}: read from/, 139],
  ['an undefined instruction', UNDEFINED, /^task 1000 \(fatal\) ends by SIGILL: instruction 0xee100f10 at 0x/, 132],
])(
  '%s ends the guest by a signal: one line on stderr, exit code 128 and its number',
  async (_, words, message, code) => {
    const path = writeGuest(place('fatal'), guestOf(...words));
    const {stdout, stderr, exitCode} = await runCommand(Run, path);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
    expect(exitCode).toBe(code);
    const json = await runCommand(Run, path, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({exitCode: code, signal: expect.stringMatching(/^SIG/)});
  },
);

test('--max-instructions ends a guest that does not', async () => {
  const path = writeGuest(place('loops'), guestOf(...LOOPS));
  const {stderr, exitCode} = await runCommand(Run, path, '--max-instructions', '1000');
  expect(stderr).toMatch(/did not end within 1000 instructions; raise --max-instructions\n$/);
  expect(exitCode).toBe(1);
});

test('an error with --json is an object on stdout too', async () => {
  const {stdout, exitCode} = await runCommand(Run, 'nothing', '--json');
  expect(JSON.parse(stdout).error).toMatchObject({
    name: 'InputError',
    message: expect.stringContaining("unknown guest 'nothing'"),
  });
  expect(exitCode).toBe(1);
});

test.each([
  ['an unknown flag', ['dhrystone', '--stat'], "unknown flag '--stat'; did you mean '--stats'?"],
  ['an argument without --', ['dhrystone', '100'], 'unexpected argument: 100'],
  ['no guest', [], 'missing argument: GUEST'],
  ['a flag that needs a number', ['dhrystone', '--max-instructions', 'many'], 'Expected an integer but received: many'],
  ['a flag with choices', ['dhrystone', '--profile', 'v8'], 'Expected --profile=v8 to be one of: v5-soft, v7-hf'],
])('%s is usage: one line, exit code 2', async (_, argv, message) => {
  const {stdout, stderr, exitCode} = await runCommand(Run, ...argv);
  expect(stdout).toBe('');
  expect(stderr).toContain(message);
  expect(stderr).toMatch(/^trapwalk: .* \(see --help\)\n$/);
  expect(exitCode).toBe(2);
});

test('a build that does not exist names the builds', async () => {
  const {stderr, exitCode} = await runCommand(Run, 'stream', '--optimization', 'O3');
  expect(stderr).toMatch(/has no build +O3; choose from v5-soft O2, v5-soft O0, v7-hf O2, v7-hf O0\n$/);
  expect(exitCode).toBe(1);
});
