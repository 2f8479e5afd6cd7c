import {expect, test} from 'vitest';
import {type Boundary, differencesOf} from './boundary.ts';
import {qemuBoundaries} from './qemu-log.ts';

/** As QEMU 7.2 writes it, with fewer registers. */
const LOG = `Taking exception 11 [Hypervisor Call] on CPU 0
...from EL1 to EL2
...with ESR 0x12/0x4a000000
...handled as PSCI call
Taking exception 4 [Data Abort] on CPU 0
...from EL0 to EL1
...with ESR 0x24/0x92000045
...with DFSR 0xa05 DFAR 0x14a454
R00=00000001 R01=0000000a R14=00011226 R15=ffff0010
PSR=80070197 N--- A abt32
s00=6d72612d s01=6c2d706d d00=6c2d706d6d72612d
FPSCR: 00000010
Exception return from AArch32 abt to svc PC 0xc0400b40
Exception return from AArch32 svc to usr PC 0x38794
R00=00000000 R01=00000000 R14=00000000 R15=ffff0010
`;

/** The log in pieces of so many characters. */
const read = async (log: string, size: number): Promise<Boundary[]> => {
  async function* pieces() {
    for (let at = 0; at < log.length; at += size) yield log.slice(at, at + size);
  }
  const found: Boundary[] = [];
  for await (const boundary of qemuBoundaries(pieces())) found.push(boundary);
  return found;
};

const ABORT = {
  ...{dfsr: '00000a05', dfar: '0014a454', r0: '00000001', r1: '0000000a', r14: '00011226', r15: 'ffff0010'},
  ...{cpsr: '80070197', d0: '6c2d706d6d72612d', fpscr: '00000010'},
};

test.each([1, 7, 10_000])('boundaries are read from a log that comes by %i characters', async (size) => {
  expect((await read(LOG, size)).map(({event, state}) => [event, Object.fromEntries(state)])).toEqual([
    ['Hypervisor Call', {}],
    ['Data Abort', ABORT],
    ['return to usr', {target: '00038794'}],
  ]);
});

const boundary = (event: string, state: Readonly<Record<string, string>>): Boundary => ({
  event,
  state: new Map(Object.entries(state)),
});

test.each([
  ['nothing', boundary('IRQ', {r0: '1'}), boundary('IRQ', {r0: '1'}), []],
  ['a value', boundary('IRQ', {r0: '1', r1: '2'}), boundary('IRQ', {r0: '1', r1: '3'}), [['r1', '2', '3']]],
  [
    'a name',
    boundary('IRQ', {r0: '1'}),
    boundary('IRQ', {d0: '1'}),
    [
      ['r0', '1', 'nothing'],
      ['d0', 'nothing', '1'],
    ],
  ],
  ['the event', boundary('IRQ', {r0: '1'}), boundary('SVC', {r0: '1'}), [['event', 'IRQ', 'SVC']]],
  ['the end', boundary('IRQ', {}), undefined, [['event', 'IRQ', 'the end']]],
  ['no end', undefined, undefined, []],
])('boundaries can differ in %s', (_, own, theirs, expected) => {
  expect(differencesOf(own, theirs).map(({name, own: mine, theirs: other}) => [name, mine, other])).toEqual(expected);
});
