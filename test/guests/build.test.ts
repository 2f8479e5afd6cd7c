import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {differences, obstacle} from '../../guests/build.ts';
import {BUILDS} from '../../guests/programs.ts';
import {GUESTS} from './catalogue.ts';

const why = obstacle();
const note = why === undefined ? '' : ` (skipped: ${why})`;

test.skipIf(why !== undefined)(`guests/bin is what its sources give${note}`, () => {
  expect(differences()).toEqual([]);
});

/** Symbol values of a 32-bit little-endian ELF file. */
const symbols = (elf: Buffer): Map<string, number> => {
  const sectionTable = elf.readUInt32LE(32);
  const section = (index: number) => sectionTable + index * 40;
  const found = new Map<string, number>();
  for (let index = 0; index < elf.readUInt16LE(48); index++) {
    if (elf.readUInt32LE(section(index) + 4) !== 2) continue;
    const start = elf.readUInt32LE(section(index) + 16);
    const size = elf.readUInt32LE(section(index) + 20);
    const names = elf.readUInt32LE(section(elf.readUInt32LE(section(index) + 24)) + 16);
    for (let at = start; at < start + size; at += 16) {
      const name = names + elf.readUInt32LE(at);
      found.set(elf.toString('latin1', name, elf.indexOf(0, name)), elf.readUInt32LE(at + 4));
    }
  }
  return found;
};

describe.each(BUILDS.map((build) => build.elf))('%s', (elf) => {
  const file = readFileSync(join(GUESTS, 'bin', elf));

  test('is an ARM executable that starts in A32 code', () => {
    expect(file.readUInt32BE(0)).toBe(0x7f454c46);
    expect(file.readUInt16LE(16)).toBe(2);
    expect(file.readUInt16LE(18)).toBe(40);
    expect(file.readUInt32LE(24) % 4).toBe(0);
    expect(symbols(file).get('_start')).toBe(file.readUInt32LE(24));
  });
});

const elvesOf = (prefix: string): string[] =>
  BUILDS.filter((build) => build.program.name.startsWith(prefix)).map((build) => build.elf);

test.each(elvesOf('stream'))('%s: b and c lie one array apart', (elf) => {
  const addresses = symbols(readFileSync(join(GUESTS, 'bin', elf)));
  expect(Math.abs(addresses.get('b')! - addresses.get('c')!)).toBe(16_000_000);
});

test.each(elvesOf('cachebench'))('%s: blocks start on a page', (elf) => {
  expect(symbols(readFileSync(join(GUESTS, 'bin', elf))).get('blocks')! % 4096).toBe(0);
});

test('build.ts names the option that it does not know', () => {
  const args = ['--import', 'tsx', join(GUESTS, 'build.ts'), '--chekc'];
  const {status, stderr} = spawnSync(process.execPath, args, {encoding: 'utf8'});
  expect({status, stderr}).toEqual({status: 2, stderr: 'build.ts: unknown option --chekc; the only one is --check\n'});
});

test('build.ts names the Debian package of a compiler that is missing', () => {
  const args = ['--import', 'tsx', join(GUESTS, 'build.ts'), '--check'];
  const {status, stderr} = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: {...process.env, PATH: '/nowhere'},
  });
  expect(status).toBe(1);
  expect(stderr).toContain('install the Debian package gcc-arm-linux-gnueabi');
});
