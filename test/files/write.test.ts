import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {InputError} from '../../src/files/errors.ts';
import {AtomicFile, writeFileAtomic} from '../../src/files/write.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'trapwalk-write-'));
});
afterEach(() => {
  rmSync(directory, {recursive: true});
});

test('a file gets its content, in directories made for it, and no temporary file stays', () => {
  writeFileAtomic(join(directory, 'a/b/x.txt'), 'µ');
  writeFileAtomic(join(directory, 'a/b/x.txt'), new Uint8Array([1, 2]));
  expect([...readFileSync(join(directory, 'a/b/x.txt'))]).toEqual([1, 2]);
  expect(readdirSync(join(directory, 'a/b'))).toEqual(['x.txt']);
});

test('the old file stays until the new one is complete', () => {
  const path = join(directory, 'x');
  writeFileSync(path, 'old');
  const file = new AtomicFile(path);
  file.write('ne');
  file.write('w');
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(file.size).toBe(3);
  file.commit();
  expect(readFileSync(path, 'utf8')).toBe('new');
});

test('a discarded file leaves nothing', () => {
  const file = new AtomicFile(join(directory, 'x'));
  file.write('half');
  file.discard();
  expect(readdirSync(directory)).toEqual([]);
});

test('a place that cannot be written is an InputError with a remedy, and leaves nothing', () => {
  writeFileSync(join(directory, 'file'), '');
  const path = join(directory, 'file', 'x');
  expect(() => writeFileAtomic(path, '')).toThrow(InputError);
  expect(() => writeFileAtomic(path, '')).toThrow(
    /^.*file\/x: cannot write \(.*\); choose a place that you can write to$/,
  );
  mkdirSync(join(directory, 'taken'));
  expect(() => writeFileAtomic(join(directory, 'taken'), '')).toThrow('is a directory');
  expect(readdirSync(directory).sort()).toEqual(['file', 'taken']);
});

test('a symbolic link stays one; what it points at is replaced', () => {
  writeFileSync(join(directory, 'real'), 'old');
  symlinkSync('real', join(directory, 'link'));
  writeFileAtomic(join(directory, 'link'), 'new');
  expect(lstatSync(join(directory, 'link')).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(directory, 'real'), 'utf8')).toBe('new');
});

test('a device is written to, not replaced', () => {
  writeFileAtomic('/dev/null', 'gone');
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
});
