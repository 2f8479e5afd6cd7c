import {describe, expect, test} from 'vitest';
import {z} from 'zod';
import {parseYaml} from '../../src/files/yaml.ts';
import {listParameters, PARAMETER_KINDS, parameter} from '../../src/parameters/parameter.ts';

const GOOD = {value: 5, unit: 'cycles', kind: 'measured', source: 'counted', lower: 5, upper: 6} as const;
const schema = parameter('cycles');

describe('a parameter', () => {
  test.each(PARAMETER_KINDS)('of kind %s', (kind) => {
    expect(schema.parse({...GOOD, kind})).toEqual({...GOOD, kind});
  });

  test('may lie at either bound, and have no bounds', () => {
    const {lower: _, upper: __, ...unbounded} = GOOD;
    expect(schema.parse({...GOOD, value: 6})).toEqual({...GOOD, value: 6});
    expect(schema.parse({...unbounded, value: -1e9})).toEqual({...unbounded, value: -1e9});
  });

  test.each([
    ['below its lower bound', {...GOOD, value: 4.999}],
    ['above its upper bound', {...GOOD, value: 6.001}],
    ['in another unit', {...GOOD, unit: 'ns'}],
    ['of an unknown kind', {...GOOD, kind: 'guessed'}],
    ['with an empty source', {...GOOD, source: '?'}],
    ['without a source', {value: 5, unit: 'cycles', kind: 'measured'}],
    ['with a key nobody knows', {...GOOD, uper: 7}],
    ['that is no number', {...GOOD, value: '5'}],
    ['that is not a number', {...GOOD, value: Number.NaN}],
  ])('%s is refused', (_, value) => {
    expect(schema.safeParse(value).success).toBe(false);
  });

  test('the complaint names file, line and unit', () => {
    const text = 'delay:\n  {value: 5, unit: ns, kind: cited, source: a book}\n';
    expect(() => parseYaml(text, 'm.yaml', z.strictObject({delay: schema}))).toThrow(
      /^m\.yaml:2:\d+: delay\.unit: .*cycles/,
    );
  });

  test('the complaint about bounds names file and line', () => {
    const text = 'delay:\n  {value: 5, unit: cycles, kind: cited, source: a book, lower: 6}\n';
    expect(() => parseYaml(text, 'm.yaml', z.strictObject({delay: schema}))).toThrow(
      /^m\.yaml:2:\d+: delay: value lies outside its own bounds$/,
    );
  });
});

test('listParameters names every parameter by its path, in file order, and nothing else', () => {
  const file = {
    title: 'x',
    b: {deep: {...GOOD, value: 1}},
    a: {...GOOD, value: 2},
    list: [{...GOOD, value: 3}],
    n: null,
  };
  expect(listParameters('m', file).map(({id, value}) => [id, value])).toEqual([
    ['m.b.deep', 1],
    ['m.a', 2],
    ['m.list.0', 3],
  ]);
});
