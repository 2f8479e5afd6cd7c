/** PSCI: each function's answers, those to nonsense too. */
import {describe, expect, test} from 'vitest';
import {callPsci, type Power, PSCI_FUNCTIONS} from '../../src/board/psci.ts';

/** Two vCPUs, of which the first is on; executable below 0x1000. */
const firmware = () => {
  const log: string[] = [];
  const on = [true, false];
  const power: Power = {
    cpus: 2,
    isOn: (cpu) => on[cpu]!,
    turnOn: (cpu, entry, context) => {
      on[cpu] = true;
      log.push(`on ${cpu} ${entry} ${context}`);
    },
    turnOff: (cpu) => {
      on[cpu] = false;
      log.push(`off ${cpu}`);
    },
    standBy: (cpu) => log.push(`stand by ${cpu}`),
    isExecutable: (address) => address < 0x1000,
    endMachine: (why) => log.push(why),
  };
  const call = (id: number, ...args: number[]) => {
    const registers = Uint32Array.from([id, ...args, 0, 0, 0].slice(0, 4));
    callPsci(power, 0, registers);
    return registers[0]! | 0;
  };
  return {log, call};
};
const ID = Object.fromEntries(PSCI_FUNCTIONS.map(({name, id}) => [name, id])) as Record<string, number>;

describe('CPU_ON', () => {
  test('starts a vCPU at an address with a context, once', () => {
    const {log, call} = firmware();
    expect([call(ID.CPU_ON!, 1, 0x800, 42), call(ID.CPU_ON!, 1, 0x800, 42)]).toEqual([0, -4]);
    expect(log).toEqual(['on 1 2048 42']);
  });

  test.each([
    ['a vCPU that is not there', [2, 0x800], -2],
    ['an affinity of another cluster', [0x100, 0x800], -2],
    ['an address where no memory is', [1, 0x1000], -9],
    ['the caller', [0, 0x800], -4],
  ])('refuses %s', (_, args, expected) => {
    const {log, call} = firmware();
    expect(call(ID.CPU_ON!, ...args)).toBe(expected);
    expect(log).toEqual([]);
  });
});

test('AFFINITY_INFO tells which are on, of the lowest level', () => {
  const {call} = firmware();
  expect([call(ID.AFFINITY_INFO!, 0, 0), call(ID.AFFINITY_INFO!, 1, 0)]).toEqual([0, 1]);
  expect([call(ID.AFFINITY_INFO!, 2, 0), call(ID.AFFINITY_INFO!, 0, 1)]).toEqual([-2, -2]);
});

test.each([
  ['CPU_OFF', 'off 0'],
  ['CPU_SUSPEND', 'stand by 0'],
  ['SYSTEM_OFF', 'power-off'],
  ['SYSTEM_RESET', 'reset'],
])('%s does it', (name, expected) => {
  const {log, call} = firmware();
  call(ID[name]!);
  expect(log).toEqual([expected]);
});

test('what a kernel asks first', () => {
  const {call} = firmware();
  expect([call(ID.PSCI_VERSION!), call(ID.MIGRATE_INFO_TYPE!)]).toEqual([0x1_0001, 2]);
  for (const {id} of PSCI_FUNCTIONS) expect(call(ID.PSCI_FEATURES!, id)).toBe(0);
  // SMCCC_VERSION, MIGRATE, and a 64-bit CPU_ON: not there.
  for (const id of [0x8000_0000, 0x8400_0005, 0xc400_0003]) {
    expect(call(ID.PSCI_FEATURES!, id)).toBe(-1);
    expect(call(id)).toBe(-1);
  }
});
