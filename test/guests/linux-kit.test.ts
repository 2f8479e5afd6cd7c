/** What the initramfs of `npm run guest:linux` brings along, as programs of Debian's kernel on our machine. */
import {describe, expect, test} from 'vitest';
import {hasKit, runScript} from './linux-machine.ts';

const MINUTES = 60_000;
const PHASES = ['warm', 'begin', 'end'] as const;

describe.skipIf(!hasKit)('the kit', () => {
  test.each([1, 2])(
    'on %i vCPUs both hackbenches run to their end, and marks delimit what a script says',
    (cpus) => {
      const {log, markers, spans} = runScript(
        'mark warm; mark begin; hackbench -g 1 -l 5; mark end; /trapwalk/hackbench 1 5 100 20 sockets processes; ' +
          '/trapwalk/hackbench 1 5 100 20 pipes threads; idle 1',
        cpus,
      );
      expect(log).toMatch(/Each sender will pass 5 messages of 100 bytes\nTime: 0\.\d{3}\n/);
      expect(log).toMatch(/processes over sockets, 5 loops of 100 bytes\nTime: 0\.\d{6}\n/);
      expect(log).toMatch(/threads over pipes, 5 loops of 100 bytes\nTime: 0\.\d{6}\n/);
      expect(log).toContain('idle: 1 s, OK\n');
      expect(markers).toEqual([...PHASES, ...PHASES, ...PHASES, ...PHASES]);
      const [, own, , idle] = spans;
      // The marks stand where the program takes the time: to the microsecond, its clock says what ours does.
      const time = Number(/processes over sockets.*\nTime: ([\d.]+)/.exec(log)![1]);
      expect(own!.nanoseconds / 1e9).toBeCloseTo(time, 5);
      expect(idle!.nanoseconds).toBeGreaterThan(1e9);
      // Ticks alone.
      expect(idle!.instructions).toBeLessThan(cpus * 2e6);
    },
    5 * MINUTES,
  );

  /** Instructions of Linux 6.1 for Debian's armhf, counted under QEMU with pages left as they are and no security module. */
  const COSTS = [
    {what: 'getppid', counts: [2000, 0, 0, 0, 0, 0], instructions: 130},
    {what: 'read of no bytes', counts: [0, 2000, 0, 0, 0, 0], instructions: 451},
    {what: 'round trip through pipes', counts: [0, 0, 200, 0, 0, 0], instructions: 12_943},
    {what: 'page touched, and unmapped', counts: [0, 0, 0, 200, 0, 0], instructions: 2968 + 1286},
    {what: 'signal to oneself', counts: [0, 0, 0, 0, 0, 200], instructions: 4270},
  ];

  test(
    'operations cost about the instructions that are known of them',
    () => {
      const runs = [[0, 0, 0, 0, 0, 0], ...COSTS.map(({counts}) => counts)];
      const script = runs.map((counts) => `kernel-operations 1 1 ${counts.join(' ')}`).join('; ');
      const {log, spans} = runScript(script, 1, 'init_on_alloc=0 lsm=none');
      expect(log.match(/results OK/g)).toHaveLength(runs.length);
      const [none, ...others] = spans;
      for (const [index, {what, counts, instructions}] of COSTS.entries()) {
        const each = (others[index]!.instructions - none!.instructions) / Math.max(...counts);
        expect(each / instructions, what).toBeGreaterThan(0.75);
        expect(each / instructions, what).toBeLessThan(1.25);
      }
    },
    5 * MINUTES,
  );
});
