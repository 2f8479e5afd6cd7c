/** Machine files that say only what differs from another. */
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import {machineFrom, machineIds, machinePath, readMachine} from '../../src/costmodel/machine.ts';
import {InputError} from '../../src/files/errors.ts';
import {listParameters} from '../../src/parameters/parameter.ts';

const directory = mkdtempSync(join(tmpdir(), 'trapwalk-machines-'));
afterAll(() => rmSync(directory, {recursive: true}));

const HEAD = 'id: mine\ntitle: mine\nextends: cubieboard2\n';

const read = (text: string) => {
  const file = join(directory, 'changed.yaml');
  writeFileSync(file, text);
  return () => readMachine(file);
};
const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message.replaceAll(directory, '');
  }
  return expect.fail('was accepted');
};

describe('extends', () => {
  test.each(machineIds())('%s loads and makes a machine', (id) => {
    expect(machineFrom(readMachine(machinePath(id))).id).toBe(id);
  });

  test('lime2 differs from cubieboard2 in clocks and what was derived with the DRAM clock, and in nothing else', () => {
    const values = (id: string) =>
      new Map(listParameters('', readMachine(machinePath(id))).map((p) => [p.id, p.value]));
    const [base, own] = [values('cubieboard2'), values('lime2')];
    expect([...own.keys()]).toEqual([...base.keys()]);
    expect([...own].filter(([id, value]) => base.get(id) !== value).map(([id]) => id)).toEqual([
      '.core.clock',
      '.dram.clock',
      '.dram.uncore',
    ]);
  });

  test('a file may extend one that extends another', () => {
    const [lime2, banana] = [readMachine(machinePath('lime2')), readMachine(machinePath('banana-pi'))];
    expect(banana.dram.uncore).toEqual(lime2.dram.uncore);
    expect(banana.caches).toEqual(readMachine(machinePath('cubieboard2')).caches);
  });

  test('an unknown key is an error with its line and the nearest key', () => {
    expect(messageOf(read(`${HEAD}dram:\n  tLC: {value: 9, unit: clocks, kind: assumed, source: me}\n`))).toMatch(
      /^\/changed\.yaml:5:3: dram: unknown key 'tLC'; did you mean 'tCL'\?/,
    );
  });

  test('a parameter is whole or not there', () => {
    expect(messageOf(read(`${HEAD}dram:\n  tCL: {value: 9}\n`))).toMatch(
      /^\/changed\.yaml:5:8: dram\.tCL\.unit: missing/,
    );
  });

  test('a value outside its own bounds is an error', () => {
    const clock = 'clock: {value: 500, unit: MHz, kind: assumed, source: here, lower: 384, upper: 480}';
    expect(messageOf(read(`${HEAD}dram:\n  ${clock}\n`))).toContain('value lies outside its own bounds');
  });

  test('a base that does not exist is named with the choices', () => {
    expect(messageOf(read('id: mine\ntitle: mine\nextends: lime3\n'))).toBe(
      "/changed.yaml: extends 'lime3', which does not exist; choose from banana-pi, cubieboard2, cubietruck, lime2",
    );
  });

  test('an unchanged copy of a board is that board', () => {
    const {id, title, ...rest} = read(HEAD)();
    const {id: _id, title: _title, ...base} = readMachine(machinePath('cubieboard2'));
    expect({id, title}).toEqual({id: 'mine', title: 'mine'});
    expect(rest).toEqual(base);
  });
});
