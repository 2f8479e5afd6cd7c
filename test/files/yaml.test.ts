import {expect, test} from 'vitest';
import {z} from 'zod';
import {InputError} from '../../src/files/errors.ts';
import {parseYaml, readYaml} from '../../src/files/yaml.ts';

const cache = z.strictObject({ways: z.number().int().min(1), bytes: z.number(), policy: z.enum(['lru', 'random'])});
const step = z.discriminatedUnion('do', [
  z.strictObject({do: z.literal('touch'), lines: z.number()}),
  z.strictObject({do: z.literal('wait'), time: z.number()}),
]);
const machine = z.strictObject({
  name: z.string(),
  caches: z.record(z.string(), cache),
  steps: z.array(step).default([]),
  size: z.union([z.number(), z.strictObject({kibibytes: z.number()})]).optional(),
});

const GOOD = `name: board
caches:
  l1: {ways: 4, bytes: 32768, policy: random}
  l2:
    ways: 8
    bytes: 262144
    policy: random
`;
const complaint = (text: string): string => {
  try {
    parseYaml(text, 'm.yaml', machine);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return 'accepted';
};

test('data that fit the schema come back, with defaults filled in', () => {
  expect(parseYaml(GOOD, 'm.yaml', machine)).toEqual({
    name: 'board',
    caches: {
      l1: {ways: 4, bytes: 32768, policy: 'random'},
      l2: {ways: 8, bytes: 262144, policy: 'random'},
    },
    steps: [],
  });
});

test('JSON is YAML', () => {
  expect(parseYaml('{"name": "b", "caches": {}}', 'm.json', machine)).toEqual({name: 'b', caches: {}, steps: []});
});

test.each([
  [
    'unknown key',
    GOOD.replace('    ways: 8', '    wyas: 8\n    ways: 8'),
    "m.yaml:5:5: caches.l2: unknown key 'wyas'; did you mean 'ways'?",
  ],
  [
    'unknown key like no other',
    `${GOOD}zzzzzz: 1\n`,
    "m.yaml:8:1: unknown key 'zzzzzz'; known keys are name, caches, steps, size",
  ],
  [
    'wrong type',
    GOOD.replace('ways: 8', 'ways: many'),
    'm.yaml:5:11: caches.l2.ways: expected number, received string',
  ],
  [
    'out of range',
    GOOD.replace('ways: 4', 'ways: 0'),
    'm.yaml:3:14: caches.l1.ways: Too small: expected number to be >=1',
  ],
  ['missing key', GOOD.replace('    ways: 8\n', ''), 'm.yaml:5:5: caches.l2.ways: missing (expected number)'],
  [
    'missing choice',
    GOOD.replace(', policy: random', ''),
    'm.yaml:3:7: caches.l1.policy: missing (expected lru or random)',
  ],
  ['not YAML', 'name: [1\n', /^m\.yaml:2:1: Flow sequence .* end with a \]/],
  ['a key twice', `${GOOD}name: again\n`, 'm.yaml:8:1: Map keys must be unique'],
  ['an unknown tag', GOOD.replace('board', '!size 4'), 'm.yaml:1:7: Unresolved tag: !size'],
  [
    'unknown key in a step',
    `${GOOD}steps: [{do: touch, line: 4, lines: 4}]\n`,
    "m.yaml:8:21: steps.0: unknown key 'line'; did you mean 'lines'?",
  ],
  ['unknown kind of step', `${GOOD}steps: [{do: poke}]\n`, /^m\.yaml:8:14: steps\.0\.do: /],
  [
    'wrong in the nearest alternative of a union',
    `${GOOD}size: {kibibytes: x}\n`,
    'm.yaml:8:19: size.kibibytes: expected number, received string',
  ],
  ['nothing at all', '', /^m\.yaml:1:1: expected object/],
])('%s', (_, text, expected) => {
  if (typeof expected === 'string') expect(complaint(text)).toBe(expected);
  else expect(complaint(text)).toMatch(expected);
});

test('an error behind an alias is placed where the value stands', () => {
  const text = 'name: b\ncaches:\n  l1: &c {ways: 0, bytes: 1, policy: lru}\n  l2: *c\n';
  expect(complaint(text).split('\n')).toEqual([
    'm.yaml:3:17: caches.l1.ways: Too small: expected number to be >=1',
    'm.yaml:3:17: caches.l2.ways: Too small: expected number to be >=1',
  ]);
});

test('several complaints come in the order of the file, each with its place; beyond ten they are counted', () => {
  const keys = Array.from({length: 12}, (_, index) => `${'qxvj'[index % 4]}${index}: 1`);
  const lines = complaint(`${keys.join('\n')}\n${GOOD}`).split('\n');
  expect(lines.slice(0, 2).map((line) => line.slice(0, 12))).toEqual(['m.yaml:1:1: ', 'm.yaml:2:1: ']);
  expect(lines).toHaveLength(11);
  expect(lines[10]).toBe('… and 2 more');
});

test('a bomb of aliases is refused', () => {
  const rows = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
  for (let depth = 1; depth < 9; depth++) rows.push(`a${depth}: &a${depth} [${Array(10).fill(`*a${depth - 1}`)}]`);
  expect(complaint(rows.join('\n'))).toMatch(/m\.yaml: Excessive alias count/);
});

test('a file that is not there is an InputError that says so', () => {
  expect(() => readYaml('/nowhere/m.yaml', machine)).toThrow(
    new InputError('cannot read (no such file or directory)', {file: '/nowhere/m.yaml'}),
  );
});
