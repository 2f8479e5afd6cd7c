import {copyFileSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {sha256} from '../../src/files/hash.ts';
import {packagePath} from '../../src/files/paths.ts';
import {checkTrace} from '../../src/trace/check.ts';
import {MARKER_ID} from '../../src/trace/events.ts';
import {isEvent, recordWords} from '../../src/trace/walk.ts';
import {chooseGuest, readCatalogue} from '../../src/tracegen/catalogue.ts';
import {GuestTrace} from '../../src/tracegen/guest-trace.ts';

const {path} = chooseGuest('dhrystone', 'v5-soft', 'O2');
const newTrace = (args: readonly string[] = ['50', '10'], more = {}) =>
  new GuestTrace({path, arguments: args, ...more});
const wordsOf = (trace: GuestTrace): number[] => {
  const words: number[] = [];
  for (let chunk = trace.next(); chunk; chunk = trace.next()) words.push(...chunk.words.subarray(0, chunk.length));
  return words;
};

describe('the catalogue', () => {
  test('without profile or optimization the first build is chosen', () => {
    for (const guest of readCatalogue()) expect(chooseGuest(guest.id).build).toEqual(guest.builds[0]);
  });

  test('a build is chosen by either', () => {
    expect(chooseGuest('stream', 'v7-hf').build).toMatchObject({profile: 'v7-hf', optimization: 'O2'});
    expect(chooseGuest('dhrystone', undefined, 'O1').build).toMatchObject({profile: 'v5-soft', optimization: 'O1'});
  });

  test('what does not exist names the choices', () => {
    expect(() => chooseGuest('drystone')).toThrow(/unknown guest 'drystone'; choose from dhrystone, /);
    expect(() => chooseGuest('dhrystone', 'v8')).toThrow(/guest 'dhrystone' has no build v8; choose from v5-soft O2, /);
    expect(() => chooseGuest('dhrystone', undefined, 'O9')).toThrow(/guest 'dhrystone' has no build O9; /);
  });

  test('every file is there', () => {
    for (const guest of readCatalogue()) {
      for (const build of guest.builds)
        expect(readFileSync(packagePath('guests', build.elf)).length).toBeGreaterThan(1000);
    }
  });
});

describe('a trace of a guest', () => {
  test('keeps every rule of the format', () => {
    expect([...checkTrace(newTrace())]).toEqual([]);
  });

  test('runs from the guest’s first marker to its end marker', () => {
    const words = wordsOf(newTrace());
    const markers: number[] = [];
    for (let at = 0; at < words.length; at += recordWords(words[at]!)) {
      if (isEvent(words[at]!) && words[at]! >>> 16 === 0x8000) markers.push(words[at + 1]!);
    }
    expect(markers).toEqual([MARKER_ID.warm, MARKER_ID.begin, MARKER_ID.end]);
  });

  test('is the same every time, and longer when everything is recorded', () => {
    const words = wordsOf(newTrace());
    expect(wordsOf(newTrace())).toEqual(words);
    expect(wordsOf(newTrace(['50', '10'], {record: 'all'})).length).toBeGreaterThan(words.length);
  });

  test('does not depend on where the program lies', () => {
    const directory = mkdtempSync(join(tmpdir(), 'trapwalk-guest-of-a-rather-long-name-'));
    try {
      const copy = join(directory, basename(path));
      copyFileSync(path, copy);
      const options = {record: 'all'} as const;
      expect(wordsOf(newTrace(['50', '10'], {path: copy, ...options}))).toEqual(
        wordsOf(newTrace(['50', '10'], options)),
      );
    } finally {
      rmSync(directory, {recursive: true, force: true});
    }
  });

  test('says what it is a trace of', () => {
    const {header} = newTrace();
    expect(header).toMatchObject({guest: 'dhrystone-O2.elf', guestHash: sha256(readFileSync(path)), vcpus: 1});
    expect(header.command).toMatch(/50 10$/);
  });

  test('of a guest that fails is an error with its exit code', () => {
    expect(() => wordsOf(newTrace(['none']))).toThrow(/dhrystone-O2\.elf: the guest exited with [1-9]/);
  });

  test('of a guest that does not end in time is an error', () => {
    expect(() => wordsOf(newTrace(['50', '10'], {maxInstructions: 5000}))).toThrow(
      /did not end within 5000 instructions; raise --max-instructions/,
    );
  });

  test('of no file is an error that says where guests are', () => {
    expect(() => new GuestTrace({path: '/nowhere/x.elf', arguments: []})).toThrow(
      /\/nowhere\/x\.elf: .*trapwalk guests/,
    );
  });
});
