import {existsSync} from 'node:fs';
import {expect, test} from 'vitest';
import {InputError, systemReason} from '../../src/files/errors.ts';
import {sha256} from '../../src/files/hash.ts';
import {nearest} from '../../src/files/nearest.ts';
import {packagePath, packageRoot} from '../../src/files/paths.ts';

test.each([
  [{}, 'no'],
  [{file: 'a.yaml'}, 'a.yaml: no'],
  [{file: 'a.yaml', place: '3:1'}, 'a.yaml:3:1: no'],
  [{file: 'a.yaml', place: '3:1', remedy: 'do this'}, 'a.yaml:3:1: no; do this'],
  [{remedy: 'do this'}, 'no; do this'],
])('an InputError with %j reads %j', (options, message) => {
  expect(new InputError('no', options).message).toBe(message);
});

test('only errors of the operating system are put in words', () => {
  expect(systemReason(Object.assign(new Error(), {code: 'EROFS'}))).toBe('read-only file system');
  expect(systemReason(Object.assign(new Error(), {code: 'EWEIRD'}))).toBe('EWEIRD');
  expect(() => systemReason(new TypeError('bug'))).toThrow('bug');
});

test('SHA-256 of "abc" (FIPS 180-4, example 1)', () => {
  const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect(sha256('abc')).toBe(expected);
  expect(sha256(new Uint8Array([97, 98, 99]))).toBe(expected);
});

test.each([
  ['wyas', 'ways'],
  ['Line', 'lines'],
  ['polcy', 'policy'],
  ['latencies', undefined],
  ['x', undefined],
])('nearest to %s is %s', (word, expected) => {
  expect(nearest(word, ['ways', 'lines', 'policy'])).toBe(expected);
});

test('the package is found from here', () => {
  expect(existsSync(packagePath('src', 'units.ts'))).toBe(true);
  expect(packagePath()).toBe(packageRoot());
});
