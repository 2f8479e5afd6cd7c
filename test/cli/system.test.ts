/** `run --linux`: bare programs that use the board as a kernel would, and what is said when they stop. */
import {spawn, spawnSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import Run from '../../src/cli/commands/run.ts';
import {packageRoot} from '../../src/files/paths.ts';
import {assemble, buildElf, bytesOf, loadConstant} from '../isa/assemble.ts';
import {useDirectory, writeGuest} from './guest-file.ts';
import {DEV_ARGUMENTS, runCommand, runJson, runProgram} from './run-command.ts';

const place = useDirectory();

const CODE = 0x4001_0000;
const UART = 0x0900_0000;
const SYSTEM_OFF = 0x8400_0008;
const SYSTEM_RESET = 0x8400_0009;

const kernel = (name: string, ...words: readonly (readonly number[])[]): string =>
  writeGuest(place(name), buildElf([{address: CODE, data: bytesOf(words.flat()), flags: 5}]));
const print = (text: string): number[] => [
  ...loadConstant(4, UART),
  ...[...Buffer.from(text)].flatMap((character) => [
    ...loadConstant(0, character),
    assemble('STR (immediate)', {P: 1, U: 1, Rn: 4, Rt: 0}),
  ]),
];
const HVC = 0xe140_0070;
const WFI = 0xe320_f003;
const LOOP = 0xeaff_fffe;
const call = (id: number): number[] => [...loadConstant(0, id), HVC];

test('a kernel prints on its console and powers off: exit code 0', () => {
  expect(runProgram('run', '--linux', kernel('hello', print('hello\n'), call(SYSTEM_OFF)))).toEqual({
    stdout: 'hello\n',
    stderr: '',
    exitCode: 0,
  });
});

test('--json holds the console, and says how it ended', async () => {
  const path = kernel('reset', print('a'), call(SYSTEM_RESET));
  const argv = ['--linux', path, '--cpus', '2', '--memory', '16M', '--board', 'virt-v7', '--json'];
  // MOVW and MOVT for r4, r0 and the call; STR; HVC.
  expect(await runJson(Run, ...argv)).toMatchObject({
    ...{board: 'virt-v7', cpus: 2, memory: 2 ** 24, end: 'reset', console: 'a'},
    instructions: 2 + 2 + 1 + 2 + 1,
  });
});

test('two runs are the same but for their time', async () => {
  const path = kernel('same', print('x'), call(SYSTEM_OFF));
  const run = async () => {
    const {seconds, mips, ...rest} = await runJson(Run, '--linux', path, '--json');
    return rest;
  };
  expect(await run()).toEqual(await run());
});

test.each([
  ['hangs', [WFI], 'the guest hangs: every vCPU waits, and nothing will wake one'],
  ['never ends', [LOOP], 'the guest did not end within 100000 instructions; raise --max-instructions'],
  [
    'writes where nothing is',
    [...loadConstant(4, 0x1234_5000), assemble('STR (immediate)', {P: 1, U: 1, Rn: 4})],
    'no device: write of 0xa, 4 bytes at offset 0x12345000, by vCPU 0: the board has nothing at this physical address',
  ],
  [
    'uses a register that is not there',
    [...loadConstant(4, 0x0800_0ffc - 0x100), assemble('STR (immediate)', {P: 1, U: 1, Rn: 4})],
    'gicd: write of 0xa, 4 bytes at offset 0xefc, by vCPU 0: there is no register that trapwalk models',
  ],
  ['panics', [...print('---[ end Kernel panic - not syncing ]---\n'), LOOP], 'the guest panicked'],
])('a guest that %s ends with its last lines and the state of its vCPUs', async (name, words, message) => {
  const path = kernel(name, print('last words\n'), words);
  const {stderr, exitCode} = await runCommand(Run, '--linux', path, '--cpus', '2', '--max-instructions', '100000');
  expect(stderr).toContain(`trapwalk: ${message}`);
  expect(stderr).toContain("the console's last lines:\n  last words\n");
  expect(stderr).toMatch(/^vCPU 0, (running|waiting for an interrupt):\npc=0x4001/m);
  expect(stderr).toMatch(/^vCPU 1, off$/m);
  expect(exitCode).toBe(1);
});

test('a guest that has no exception vectors ends with its state, as a truncated Image does', async () => {
  const {stderr, exitCode} = await runCommand(Run, '--linux', kernel('vectors', [0xe7f0_00f0]));
  expect(stderr).toContain('trapwalk: the guest hangs: vCPU 0 cannot execute its exception vector at 0x0000000c');
  expect(stderr).toMatch(/^vCPU 0, running:\npc=0x0000000c cpsr=0x[0-9a-f]{8} \(abort mode, A32\)$/m);
  expect(exitCode).toBe(1);
});

test.each([
  ['a program beside', ['dhrystone', '--linux', 'k'], '--linux boots a kernel: there is no program dhrystone'],
  ['arguments', ['--linux', 'k', '--', 'a'], '--linux boots a kernel: there is no program'],
  ['a flag of programs', ['--linux', 'k', '--seed', '1'], '--seed'],
  ['a flag of kernels without one', ['dhrystone', '--cpus', '2'], '--linux'],
  ['memory of another unit', ['--linux', 'k', '--memory', '16X'], "'16X'"],
  ['no memory', ['--linux', 'k', '--memory', '0'], "'0' is no memory at all"],
])('%s is a usage error', async (_, argv, message) => {
  const {stderr, exitCode} = await runCommand(Run, ...argv);
  expect(stderr).toContain(message);
  expect(stderr).toMatch(/\(see --help\)\n$/);
  expect(exitCode).toBe(2);
});

test.each([
  [
    'a kernel that is not there',
    ['--linux', '/nowhere/Image'],
    '/nowhere/Image: cannot read (no such file or directory)',
  ],
  ['five vCPUs', ['--linux', 'KERNEL', '--cpus', '5'], 'board virt has 1 to 4 vCPUs, not 5; change --cpus'],
  ['a kernel that is a folder', ['--linux', '/'], '/: cannot read (is a directory)'],
  ['an initramfs that is a folder', ['--linux', 'KERNEL', '--initrd', '/'], '/: cannot read (is a directory)'],
  ['a tree that is a folder', ['--linux', 'KERNEL', '--dtb', '/'], '/: cannot read (is a directory)'],
  ['an empty kernel', ['--linux', '/dev/null'], 'has 0 bytes, too few for a kernel; copy it again'],
  ['an empty initramfs', ['--linux', 'KERNEL', '--initrd', '/dev/null'], '/dev/null:byte 0: is no initramfs'],
  ['an empty tree', ['--linux', 'KERNEL', '--dtb', '/dev/null'], '/dev/null:byte 0: the header of 40 bytes'],
  ['no tree', ['--linux', 'KERNEL', '--dtb', 'KERNEL'], 'is no flattened device tree'],
  ['no initramfs', ['--linux', 'KERNEL', '--initrd', 'KERNEL'], 'is no initramfs'],
  ['more memory than the board has', ['--linux', 'KERNEL', '--memory', '4G'], 'board virt has 2 to 2048 MiB of RAM'],
])('%s is an error with exit code 1', async (_, argv, message) => {
  const path = kernel('fine', call(SYSTEM_OFF));
  const {stdout, stderr, exitCode} = await runCommand(Run, ...argv.map((word) => (word === 'KERNEL' ? path : word)));
  expect({stdout, exitCode}).toEqual({stdout: '', exitCode: 1});
  expect(stderr).toContain(message);
});

/** Sends back what is typed, until it is q; it then powers off. */
const echoing = (): number[] => [
  ...loadConstant(4, UART),
  ...loadConstant(0, 0x301),
  assemble('STR (immediate)', {P: 1, U: 1, Rn: 4, imm12: 0x30}),
  // Until UARTFR.RXFE is clear; then one character back, until it is q.
  assemble('LDR (immediate)', {P: 1, U: 1, Rn: 4, imm12: 0x18}),
  assemble('TST (immediate)', {Rn: 0, imm12: 1 << 4}),
  0x1aff_fffc,
  assemble('LDR (immediate)', {P: 1, U: 1, Rn: 4}),
  assemble('STR (immediate)', {P: 1, U: 1, Rn: 4}),
  assemble('CMP (immediate)', {Rn: 0, imm12: 0x71}),
  0x1aff_fff8,
  ...call(SYSTEM_OFF),
];

test('--input is typed on the console', async () => {
  const path = kernel('echo', echoing());
  const input = writeGuest(place('input'), Buffer.from('hi, q'));
  const {console, guestSeconds} = await runJson(Run, '--linux', path, '--input', input, '--json');
  expect(console).toBe('hi, q');
  // The first after 10 ms, the other four each 10 / 115200 s later.
  expect(guestSeconds).toBeCloseTo(0.01 + (4 * 10) / 115_200, 4);
});

const TERMINAL = 'script';
const hasTerminal = spawnSync(TERMINAL, ['--version']).error === undefined;

/** Types on a terminal, a word each time that so much has been shown. */
const atTerminal = (path: string, ...typed: readonly (readonly [shown: string, keys: string])[]) =>
  new Promise<{output: string; exitCode: number | null}>((resolve, reject) => {
    const command = [process.execPath, ...DEV_ARGUMENTS, 'run', '--linux', path].map((word) => `'${word}'`).join(' ');
    const child = spawn(TERMINAL, ['-qec', command, '/dev/null'], {
      cwd: packageRoot(),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const rest = [...typed];
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      while (rest[0] !== undefined && output.includes(rest[0][0])) child.stdin.write(rest.shift()![1]);
    });
    child.on('error', reject).on('close', (exitCode) => resolve({output, exitCode}));
  });

test.skipIf(!hasTerminal)('at a terminal, keys go to the guest, Ctrl-C too', async () => {
  const ready = kernel('ready', print('ready\n'), echoing());
  expect(await atTerminal(ready, ['ready', 'a\x03'], ['a\x03', '\x01\x01q'])).toEqual({
    output: 'ready\r\na\x03\x01q',
    exitCode: 0,
  });
});

test.skipIf(!hasTerminal)('at a terminal, Ctrl-A x ends a guest that waits for ever', async () => {
  const waits = kernel('waits', print('ready\n'), [WFI]);
  const {output, exitCode} = await atTerminal(waits, ['ready', '\x01x']);
  expect({output, exitCode}).toEqual({output: expect.stringContaining('trapwalk: interrupted'), exitCode: 130});
});

const MARK = {warm: 0xe320_f0f1, begin: 0xe320_f0f2, end: 0xe320_f0f3} as const;

describe('snapshots', () => {
  const phases = (): string =>
    kernel('phases', print('a'), [MARK.begin], print('b'), [MARK.end], print('c'), call(SYSTEM_OFF));
  const parts = ({seconds, mips, ...rest}: Record<string, unknown>) => rest;

  test('a run stops behind a mark, and goes on from the file as if it had not', async () => {
    const path = phases();
    const file = place('begin.snapshot');
    const whole = parts(await runJson(Run, '--linux', path, '--cpus', '2', '--memory', '16M', '--json'));
    const before = await runJson(
      ...[Run, '--linux', path, '--cpus', '2', '--memory', '16M'],
      ...['--snapshot-at', 'begin', '--snapshot', file, '--json'],
    );
    // MOVW and MOVT for r4 and r0, STR, DBG.
    expect(before).toMatchObject({end: 'snapshot', console: 'a', instructions: 6, cpus: 2});
    expect(before.snapshot).toEqual({file, bytes: readFileSync(file).length});
    const after = parts(await runJson(Run, '--from-snapshot', file, '--json'));
    expect(after).toEqual({...whole, console: 'bc'});
  });

  test('what was typed and has not arrived is in it; what is typed then comes behind', async () => {
    const path = kernel('echo-later', echoing());
    const input = writeGuest(place('typed'), Buffer.from('hi, '));
    const file = place('typing.snapshot');
    const before = await runJson(
      ...[Run, '--linux', path, '--input', input, '--snapshot-at', '10.1ms', '--snapshot', file, '--json'],
    );
    expect(before).toMatchObject({end: 'snapshot', console: 'hi'});
    const more = writeGuest(place('more'), Buffer.from('q'));
    expect(await runJson(Run, '--from-snapshot', file, '--input', more, '--json')).toMatchObject({
      end: 'power-off',
      console: ', q',
    });
  });

  test('without --json it says where it is, and the exit code is 0', () => {
    const file = place('told.snapshot');
    const argv = ['run', '--linux', phases(), '--snapshot-at', 'end', '--snapshot', file];
    const {stdout, stderr, exitCode} = runProgram(...argv);
    expect({stdout, exitCode}).toEqual({stdout: 'ab', exitCode: 0});
    expect(stderr).toMatch(/told\.snapshot: .* bytes, at 12 instructions\n$/);
    expect(runProgram('run', '--from-snapshot', file)).toEqual({stdout: 'c', stderr: '', exitCode: 0});
  });

  test('a guest that ends before is an error, and leaves no file', async () => {
    const file = place('never.snapshot');
    const argv = ['--linux', kernel('short', call(SYSTEM_OFF)), '--snapshot-at', 'warm', '--snapshot', file];
    const {stderr, exitCode} = await runCommand(Run, ...argv);
    expect({stderr, exitCode}).toEqual({
      stderr:
        "trapwalk: the guest ended before it executed the mark 'warm'; change --snapshot-at; no snapshot was written\n",
      exitCode: 1,
    });
    expect(existsSync(file)).toBe(false);
  });

  test('flags that contradict it are errors', async () => {
    const file = place('fixed.snapshot');
    await runJson(Run, '--linux', phases(), '--memory', '16M', '--snapshot-at', 'begin', '--snapshot', file, '--json');
    const again = ['--snapshot', place('again.snapshot')];
    const cases = [
      [['--cpus', '2'], 'cpus of the machine is 1, not 2; leave out --cpus'],
      [['--memory', '32M'], 'memory of the machine is 16777216, not 33554432; leave out --memory'],
      [['--board', 'virt-v7'], 'board of the machine is virt, not virt-v7; leave out --board'],
      [['--snapshot-at', '3', ...again], 'the machine is past that place: it had executed 3 instructions'],
    ] as const;
    for (const [argv, message] of cases) {
      const {stderr, exitCode} = await runCommand(Run, '--from-snapshot', file, ...argv);
      expect(stderr).toContain(message);
      expect(exitCode).toBe(1);
    }
    expect(await runJson(Run, '--from-snapshot', file, '--cpus', '1', '--memory', '16M', '--json')).toMatchObject({
      end: 'power-off',
    });
  });

  test.each([
    ['no place', ['--linux', 'k', '--snapshot', 'f'], '--snapshot-at'],
    ['no file', ['--linux', 'k', '--snapshot-at', 'begin'], '--snapshot'],
    ['another mark', ['--linux', 'k', '--snapshot', 'f', '--snapshot-at', 'start'], "'start' is no place to stop at"],
    ['a kernel, too', ['--linux', 'k', '--from-snapshot', 'f'], '--from-snapshot'],
    ['a command line', ['--append', 'quiet', '--from-snapshot', 'f'], '--'],
    ['a program', ['dhrystone', '--from-snapshot', 'f'], '--from-snapshot goes on with a machine: there is no program'],
    ['a flag of programs', ['--from-snapshot', 'f', '--seed', '1'], '--seed'],
  ])('%s is a usage error', async (_, argv, message) => {
    const {stderr, exitCode} = await runCommand(Run, ...argv);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });
});
