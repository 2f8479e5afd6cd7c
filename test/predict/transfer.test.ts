/** Microbenchmarks of another core from the same paths. */
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {machineIds, machinePath, readMachine} from '../../src/costmodel/machine.ts';
import {pathMachinePath, readPathMachine} from '../../src/costmodel/path-machine.ts';
import {pricesFrom, readPrimitives} from '../../src/costmodel/prices.ts';
import {readHypervisor} from '../../src/hypervisors/load.ts';
import {loadCalibration} from '../../src/predict/calibration.ts';
import {type TransferResultRow, validateMicrobenchmarks} from '../../src/predict/transfer.ts';
import {readTransfer} from '../../src/predict/transfer-file.ts';
import {hertz} from '../../src/units.ts';

const folder = mkdtempSync(join(tmpdir(), 'trapwalk-transfer-'));
afterAll(() => rmSync(folder, {recursive: true}));

const result = validateMicrobenchmarks('arndale');
const row = (test: string): TransferResultRow => result.rows.find((one) => one.test === test)!;
const itemOf = (test: string, primitive: string) => row(test).items.find((one) => one.primitive === primitive)!;

describe('prices by core', () => {
  test('a time becomes cycles by the clock: 69.8 ns at 1.7 GHz are 118.66, of which whole ones count', () => {
    const {device, instructionFactor} = pricesFrom(readPrimitives('cortex-a15'), hertz(1.7e9));
    expect(device).toBe(119);
    expect(instructionFactor).toBe(0.526);
  });

  test('cycles are cycles at any clock, and the A7 has no factor', () => {
    const [slow, fast] = [hertz(1e8), hertz(2e9)].map((clock) => pricesFrom(readPrimitives('cortex-a7'), clock));
    expect(slow).toEqual(fast);
    expect(slow?.instructionFactor).toBe(1);
  });

  test('a core without a file is named with the choices', () => {
    expect(() => readPrimitives('cortex-a9')).toThrow(/'cortex-a9'; .*choose a core from cortex-a15, cortex-a7/);
  });
});

describe('machines', () => {
  test('one for paths alone is none of replay', () => {
    expect(machineIds()).not.toContain('arndale');
    expect(() => readMachine(machinePath('arndale'))).toThrow(
      /arndale\.yaml: is a machine of 'use: paths'.*cubieboard2/,
    );
  });

  test.each(['- a list\n', 'use: paths\n', 'use: path\nid: x\n'])('%j is no machine', (text) => {
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, text);
    expect(() => readPathMachine(file)).toThrow(/bad\.yaml:1:1/);
  });

  test('the fit is of the Cubieboard2: another board has what its file says', () => {
    const [own, lime2] = [loadCalibration(), loadCalibration({machine: 'lime2'})];
    const prior = readMachine(machinePath('lime2')).dram.turnaround.value;
    expect(lime2.machineFile.dram.turnaround.value).toBe(prior);
    expect(own.machineFile.dram.turnaround.value).not.toBe(prior);
    // The same core: what paths cost is the same.
    expect(lime2.prices).toEqual(own.prices);
  });
});

describe('transfer', () => {
  test('counts are those of the hypervisor file', () => {
    const {builds, build} = readHypervisor('kvm');
    const {hypercall, 'sgi-send': send, 'sgi-receive': receive} = builds[build]!.paths;
    expect(itemOf('Hypercall', 'instructions').count).toBe(hypercall!.instructions);
    expect(itemOf('Hypercall', 'device').count).toBe(hypercall!.device);
    expect(itemOf('IPI', 'systemRegisters').count).toBe(send!.systemRegisters + receive!.systemRegisters);
  });

  test('without VGIC and timers: no device access, and the two steps of the trap are not executed', () => {
    const {steps, instructions} = readHypervisor('kvm').builds['3.16']!.paths.trap!;
    const starts = [...steps.map(({at}) => at), instructions];
    const left = steps.reduce(
      (sum, {do: what}, i) => sum + (what.includes('VGIC') ? starts[i + 1]! - starts[i]! : 0),
      0,
    );
    const [whole, part] = ['Hypercall', 'Hypercall without VGIC and vtimers'].map((one) => itemOf(one, 'instructions'));
    expect(whole!.count - part!.count).toBe(left);
    expect(itemOf('Hypercall without VGIC and vtimers', 'device').count).toBe(0);
  });

  test('items add up, and the interval is around the prediction', () => {
    for (const {test, use, items, predicted, lower, upper} of result.rows) {
      if (use !== 'predicted') continue;
      const sum = items.reduce((total, {cycles}) => total + cycles, 0);
      expect([test, sum]).toEqual([test, expect.closeTo(predicted!, 6)]);
      expect(upper! - predicted!).toBeCloseTo(predicted! - lower!, 6);
      expect(upper!).toBeGreaterThan(predicted!);
    }
  });

  test('the interval of two accesses is that of the price: 2 × 119 cycles, ± 1.96 quarters of the bounds', () => {
    const {predicted, lower} = row('EOI+ACK');
    expect(predicted).toBe(238);
    expect(predicted! - lower!).toBeCloseTo(1.96 * ((102.6 - 56.6) / 4 / 69.8) * 238, 6);
  });

  test('a row that a price comes from is no prediction, nor is another architecture', () => {
    expect(row('Trap')).toMatchObject({use: 'input', predicted: null, ratio: null});
    const others = result.rows.filter(({publication}) => publication.includes('ISCA'));
    expect(others.length).toBeGreaterThan(0);
    for (const other of others) expect(other).toMatchObject({use: 'left out', predicted: null});
    expect(result.predictions).toBe(result.rows.filter(({predicted}) => predicted !== null).length);
  });

  test('no price but the input is taken from the predicted table', () => {
    const inputs = readTransfer('arndale').rows.flatMap((one) => (one.use === 'input' ? [one.price] : []));
    for (const {id, source} of result.parameters) {
      if (!id.startsWith('cortex-a15.')) continue;
      const isInput = inputs.some((price) => id === `cortex-a15.${price}`);
      expect([id, source.startsWith('from Table 3'), source.startsWith('independent of Table 3')]).toEqual([
        id,
        isInput,
        !isInput,
      ]);
    }
  });

  test('every row says quoted from memory, and worst comes first', () => {
    expect(result.rows.every(({note}) => note.includes('quoted from memory'))).toBe(true);
    const sizes = result.rows.flatMap(({errorPercent}) => (errorPercent === null ? [] : [Math.abs(errorPercent)]));
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  });

  test('lines of every path fit in L1, else they could not all hit', () => {
    const {l1i} = readPathMachine(pathMachinePath('arndale')).caches;
    for (const {lines} of result.rows)
      if (lines) expect([lines.fit, lines.code <= l1i.size.value]).toEqual([true, true]);
  });

  test.each([
    ['machine: [\n', /bad\.yaml:\d/],
    ['machine: arndale\nsystem: kvm\n', /publication: missing/],
    ['machine: a\nsystem: kvm\npublication: p\nleftOut: []\nrows: []\n', /instructions: missing/],
  ])('a malformed file is an error: %j', (text, message) => {
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, text);
    expect(() => readTransfer('bad', file)).toThrow(message);
  });
});
