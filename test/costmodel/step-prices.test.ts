import {describe, expect, test} from 'vitest';
import {type Prices, pathCycles} from '../../src/costmodel/prices.ts';
import {priceSteps} from '../../src/costmodel/step-prices.ts';
import {hypervisorIds, readHypervisor, readKernel} from '../../src/hypervisors/load.ts';
import type {Build, Path} from '../../src/hypervisors/path-schema.ts';

const PRICES: Prices = {
  device: 70,
  barrier: 11,
  instructionBarrier: 13,
  systemRegister: 3,
  modeSwitch: 40,
  missExposure: 1,
  instructionFactor: 1,
};
const CYCLES_PER_INSTRUCTION = 1.5;

const PATH: Path = {
  kind: 'measured',
  source: 'test',
  instructions: 100,
  device: 5,
  barriers: 2,
  instructionBarriers: 0,
  systemRegisters: 10,
  code: 64,
  data: 64,
  modeSwitches: 1,
  steps: [
    {at: 1, do: 'in', in: 'hypervisor', accesses: 0, systemRegisters: 8},
    {at: 20, do: 'work', in: 'host-user', device: 'R, W, W', accesses: 3, systemRegisters: 0},
    {at: 70, do: 'out', in: 'hypervisor', accesses: 0, systemRegisters: 0},
  ],
};
const priced = (path: Path) => priceSteps('path', path, CYCLES_PER_INSTRUCTION, PRICES);

test('a step takes what it claims, and of the rest as much as of the instructions', () => {
  expect(priced(PATH)).toEqual([
    // 20 instructions, a fifth of 2 accesses, of 2 barriers and of 2 registers, 8 registers of its own, half a switch
    {do: 'in', in: 'hypervisor', device: null, cycles: expect.closeTo(30 + 28 + 4.4 + 1.2 + 24 + 20, 9)},
    // 50 instructions: half of the rest, 3 accesses of its own
    {do: 'work', in: 'host-user', device: 'R, W, W', cycles: expect.closeTo(75 + 70 + 210 + 11 + 3, 9)},
    // 30 instructions, half a switch
    {do: 'out', in: 'hypervisor', device: null, cycles: expect.closeTo(45 + 42 + 6.6 + 1.8 + 20, 9)},
  ]);
});

test('what comes before the first step is a step, and so is a path without any', () => {
  const late = priced({...PATH, steps: PATH.steps.slice(1)});
  expect(late.map((step) => step.do)).toEqual(['path, up to its first step', 'work', 'out']);
  expect(priced({...PATH, steps: []})).toEqual([
    {do: 'path', in: 'hypervisor', device: null, cycles: pathCycles(PATH, CYCLES_PER_INSTRUCTION, PRICES)},
  ]);
});

test('a path without instructions is one step', () => {
  const path = {...PATH, instructions: 0, steps: []};
  expect(priced(path)[0]?.cycles).toBeCloseTo(pathCycles(path, CYCLES_PER_INSTRUCTION, PRICES), 9);
});

describe.each([...hypervisorIds(), 'linux'])('%s', (id) => {
  const builds: readonly Build[] = id === 'linux' ? [readKernel().build] : Object.values(readHypervisor(id).builds);

  test('the steps of every path add up to the path, and none is free', () => {
    for (const {paths, cyclesPerInstruction} of builds) {
      for (const [name, path] of Object.entries(paths)) {
        const steps = priceSteps(name, path, cyclesPerInstruction.value, PRICES);
        const sum = steps.reduce((all, {cycles}) => all + cycles, 0);
        expect([name, sum]).toEqual([name, expect.closeTo(pathCycles(path, cyclesPerInstruction.value, PRICES), 8)]);
        expect([name, steps.filter(({cycles}) => !(cycles > 0))]).toEqual([name, []]);
      }
    }
  });
});
