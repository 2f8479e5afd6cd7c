import {describe, expect, test} from 'vitest';
import {readTinymembench} from '../../src/predict/tinymembench.ts';
import {CATALOGUE, hasQemu, qemuNote, runGuest} from './catalogue.ts';

interface Run {
  readonly args: readonly string[];
  readonly stdout: string;
}

/** 450, 90 and 120: a = 2·15², b = 3·30, c = 30 + 90 after the doubling pass and two passes of csat. */
const STREAM_VALUES = 'stream: 0x407c200000000000, 0x4056800000000000, 0x405e000000000000 OK\n';

/** Kernels of `guests/tinymembench.yaml` that every profile has; the others need VFP or Advanced SIMD. */
const KERNELS = readTinymembench().streams.tests.map(({kernel}) => kernel);
const COMMON_KERNELS = KERNELS.filter((kernel) => !/^(neon|vfp)-/.test(kernel));

const RUNS: Readonly<Record<string, readonly Run[]>> = {
  dhrystone: [
    {args: ['20', '3'], stdout: 'dhrystone 2.1: 20 iterations after 3 to warm up, check values OK\n'},
    {args: ['1', '0'], stdout: 'dhrystone 2.1: 1 iterations after 0 to warm up, check values OK\n'},
  ],
  'cachebench-memcpy': [
    {args: ['4', '1', '0'], stdout: 'cachebench memcpy: 4 bytes copied 1 time after 0 to warm up, copy OK\n'},
    {args: ['1396', '2', '40'], stdout: 'cachebench memcpy: 1396 bytes copied 2 times after 40 to warm up, copy OK\n'},
    {
      args: ['100004', '1', '100004'],
      stdout: 'cachebench memcpy: 100004 bytes copied 1 time after 100004 to warm up, copy OK\n',
    },
  ],
  'cachebench-rmw': [
    {args: ['4', '1', '0'], stdout: 'cachebench rmw: 1 ints incremented 1 time after 0 to warm up, values OK\n'},
    {
      args: ['4096', '3', '400'],
      stdout: 'cachebench rmw: 1024 ints incremented 3 times after 100 to warm up, values OK\n',
    },
  ],
  stream: [
    ...['c', 's', 'a', 't'].map((kernel) => ({
      args: ['2', '1001', 'csat', kernel],
      stdout: `stream: 1001 elements, kernels csat, 2 passes, measured ${kernel}\n${STREAM_VALUES}`,
    })),
    {
      args: ['1', '70000', 'c', 'c'],
      stdout:
        'stream: 70000 elements, kernels c, 1 pass, measured c\n' +
        'stream: 0x4000000000000000, 0x4000000000000000, 0x4000000000000000 OK\n',
    },
  ],
  'tinymembench-latency': [
    {
      args: ['single', '20', '1000', '100', '63'],
      stdout: 'tinymembench latency: 1000 single reads of 2^20 bytes after 100 to warm up, state OK\n',
    },
    {
      args: ['dual', '26', '1000', '0', '0'],
      stdout: 'tinymembench latency: 1000 dual reads of 2^26 bytes after 0 to warm up, state OK\n',
    },
  ],
  hackbench: [
    {
      args: ['1', '3', '100', '2', 'sockets', 'processes'],
      stdout:
        'hackbench: 1 group of 2 senders and 2 receivers, processes over sockets, 3 loops of 100 bytes\nTime: …\n',
    },
    {
      args: ['3', '2', '8192', '3', 'pipes', 'processes'],
      stdout:
        'hackbench: 3 groups of 3 senders and 3 receivers, processes over pipes, 2 loops of 8192 bytes\nTime: …\n',
    },
    {
      args: ['2', '10', '1', '20', 'sockets', 'threads'],
      stdout:
        'hackbench: 2 groups of 20 senders and 20 receivers, threads over sockets, 10 loops of 1 bytes\nTime: …\n',
    },
  ],
  'kernel-operations': [
    {
      args: ['2', '1', '3', '4', '5', '6', '2', '3'],
      stdout: 'kernel operations: 2 rounds after 1 to warm up, results OK\n',
    },
    {
      args: ['1', '0', '0', '0', '0', '0', '0', '0'],
      stdout: 'kernel operations: 1 round after 0 to warm up, results OK\n',
    },
  ],
  idle: [{args: ['1'], stdout: 'idle: 1 s, OK\n'}],
  'tinymembench-bandwidth': COMMON_KERNELS.map((kernel) => ({
    args: [kernel, '4096', '1024'],
    stdout: `tinymembench bandwidth: ${kernel} of 4096 bytes after 1024 to warm up, data OK\n`,
  })),
};

const REFUSALS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  dhrystone: [
    [],
    ['1'],
    ['1', '2', '3'],
    ['0', '1'],
    ['x', '1'],
    ['-1', '1'],
    ['1000000001', '0'],
    ['4294967297', '0'],
  ],
  'cachebench-memcpy': [
    ['0', '1', '0'],
    ['6', '1', '0'],
    ['64', '1', '68'],
    ['16777220', '1', '0'],
    ['64', '', '0'],
  ],
  'cachebench-rmw': [
    ['0', '1', '0'],
    ['6', '1', '0'],
    ['64', '0', '0'],
    ['64', '1', '68'],
    ['16777220', '1', '0'],
  ],
  stream: [
    ['2', '2000001', 'csat', 's'],
    ['0', '10', 'csat', 's'],
    ['2', '10', '', 's'],
    ['2', '10', 'csx', 's'],
    ['2', '10', 'cat', 's'],
    ['2', '10', 'csat', 'sa'],
  ],
  hackbench: [
    [],
    ['0', '1', '100', '20', 'sockets', 'processes'],
    ['1', '0', '100', '20', 'sockets', 'processes'],
    ['1', '1', '8193', '20', 'sockets', 'processes'],
    ['1', '1', '100', '101', 'sockets', 'processes'],
    ['1', '1', '100', '20', 'socket', 'processes'],
    ['1', '1', '100', '20', 'sockets', 'threadss'],
  ],
  'kernel-operations': [
    ['1', '0', '0', '0', '0', '0', '0'],
    ['0', '0', '0', '0', '0', '0', '0', '0'],
    ['1', '0', '0', '0', '0', '8193', '0', '0'],
  ],
  idle: [[], ['0'], ['86401']],
  'tinymembench-latency': [
    ['triple', '20', '10', '0', '0'],
    ['single', '0', '10', '0', '0'],
    ['single', '27', '10', '0', '0'],
    ['single', '20', '0', '0', '0'],
    ['single', '20', '10', '0', '64'],
  ],
  'tinymembench-bandwidth': [
    ['cpoy', '4096', '0'],
    ['copy', '64', '0'],
    ['copy', '192', '0'],
    ['copy', '128', '64'],
    ['copy', '33554432', '128'],
  ],
};

/** Without what a guest measured itself. */
const untimed = (stdout: string): string => stdout.replace(/^Time: \d+\.\d{6}$/m, 'Time: …');

for (const guest of CATALOGUE)
  describe.skipIf(!hasQemu).each(guest.builds.map((build) => [build.elf] as const))(`%s${qemuNote}`, (elf) => {
    test.each(RUNS[guest.id]!.map((run) => [run.args.join(' '), run] as const))('%s', (_, {args, stdout}) => {
      const result = runGuest(elf, args);
      expect({...result, stdout: untimed(result.stdout)}).toEqual({status: 0, stdout, stderr: ''});
    });

    test.each(REFUSALS[guest.id]!.map((args) => [args.join(' '), args] as const))('refuses "%s"', (_, args) => {
      const result = runGuest(elf, args);
      expect(result).toMatchObject({status: 2, stdout: ''});
      expect(result.stderr).toMatch(/\.elf: .+\n$/);
    });
  });

describe.skipIf(!hasQemu)(`kernels with VFP and Advanced SIMD${qemuNote}`, () => {
  test.each(KERNELS.filter((kernel) => !COMMON_KERNELS.includes(kernel)))('%s', (kernel) => {
    expect(runGuest('bin/v7-hf/tinymembench-bandwidth-O2.elf', [kernel, '4096', '1024'])).toEqual({
      status: 0,
      stdout: `tinymembench bandwidth: ${kernel} of 4096 bytes after 1024 to warm up, data OK\n`,
      stderr: '',
    });
    expect(runGuest('bin/v5-soft/tinymembench-bandwidth-O2.elf', [kernel, '4096', '1024']).status).toBe(2);
  });
});
