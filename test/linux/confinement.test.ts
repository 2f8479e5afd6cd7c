/** What a guest can reach of the host: nothing but what it was shown. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {ERRNO} from '../../src/isa/linux/errno.ts';
import {systemCall} from '../isa/assemble.ts';
import {checked, layOut, OPENAT, orExit, printFile, programOf, WRITE, withResult} from './calls.ts';
import {runGuest} from './guest.ts';

let place = '';
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'trapwalk-confined-'));
  const root = join(place, 'root');
  mkdirSync(join(root, 'directory/deeper'), {recursive: true});
  mkdirSync(join(place, 'shared'));
  writeFileSync(join(place, 'secret'), 'secret');
  writeFileSync(join(place, 'shared/file'), 'shared');
  writeFileSync(join(root, 'file'), 'file of the root');
  writeFileSync(join(root, 'secret'), 'the root has its own');
  for (const [name, target] of Object.entries({
    absolute: '/file',
    out: '../secret',
    far: '../../../../../../../../../../../../etc/passwd',
    hostPath: join(place, 'secret'),
    loop: 'loop',
    first: 'second',
    second: 'first',
    up: '..',
    'directory/back': '../..',
    dangling: 'nowhere',
    'host-proc': '/proc/self/root/secret',
  }))
    symlinkSync(target, join(root, name));
});
afterAll(() => rmSync(place, {recursive: true, force: true}));

const run = (elf: Uint8Array, more = {}) => runGuest(elf, {sysroot: join(place, 'root'), ...more});
const print = (path: string, more = {}) => {
  const {stdout, exitCode} = run(printFile(path), more);
  return exitCode === 0 ? stdout : exitCode;
};

describe('a path stays in the root', () => {
  it.each([
    ['/file', 'file of the root'],
    ['file', 'file of the root'],
    ['//./file', 'file of the root'],
    ['/absolute', 'file of the root'],
    ['/../../file', 'file of the root'],
    ['/out', 'the root has its own'],
    ['/directory/../../secret', 'the root has its own'],
    ['/directory/deeper/../../../../secret', 'the root has its own'],
    ['/directory/back/secret', 'the root has its own'],
    ['/up/up/up/secret', 'the root has its own'],
    ['/proc/self/root/../secret', 'the root has its own'],
    ['/proc/self/cwd/../../secret', 'the root has its own'],
    ['/host-proc', 'the root has its own'],
    ['/far', ERRNO.ENOENT],
    ['/hostPath', ERRNO.ENOENT],
    ['/etc/passwd', ERRNO.ENOENT],
    ['/loop', ERRNO.ELOOP],
    ['/first', ERRNO.ELOOP],
    ['/dangling', ERRNO.ENOENT],
    ['/file/', ERRNO.ENOTDIR],
    ['/file/..', ERRNO.ENOTDIR],
    ['/file/x', ERRNO.ENOTDIR],
    ['/nothing/../file', ERRNO.ENOENT],
    ['', ERRNO.ENOENT],
    [`/${'x'.repeat(300)}`, ERRNO.ENAMETOOLONG],
    [`/${'x/'.repeat(3000)}`, ERRNO.ENAMETOOLONG],
    ['/proc/1/root/secret', ERRNO.ENOENT],
    ['/proc/self/fd/77', ERRNO.ENOENT],
    ['/dev/sda', ERRNO.ENOENT],
  ])('%s', (path, expected) => expect(print(path)).toBe(expected));
});

describe('without a root', () => {
  it('the guest sees its program and what is made for it, no more', () => {
    const bare = (path: string) => {
      const {stdout, exitCode} = runGuest(printFile(path), {path: join(place, 'program')});
      return exitCode === 0 ? stdout : exitCode;
    };
    expect(bare(join(place, 'secret'))).toBe(ERRNO.ENOENT);
    expect(bare('/etc/passwd')).toBe(ERRNO.ENOENT);
    expect(bare(join(place, 'program'))).toMatch(/^\x7fELF/);
    expect(bare('/proc/self/exe')).toMatch(/^\x7fELF/);
    expect(bare('/proc/self/comm')).toBe('program\n');
    expect(bare('/dev/null')).toBe('');
  });
});

const O_WRONLY_CREAT_TRUNC = 0o1101;
/** Writes "new" to a file and reads another. */
const writeFile = (path: string): Uint8Array => {
  const {data, at} = layOut(path, 'new');
  return programOf(
    [
      ...checked(OPENAT, -100, at[0]!, O_WRONLY_CREAT_TRUNC, 0o644),
      ...withResult(WRITE, at[1]!, 3),
      ...orExit,
      ...systemCall(248, 0),
    ],
    data,
  );
};

describe('writing', () => {
  it('to the root stays in memory', () => {
    expect(run(writeFile('/file')).exitCode).toBe(0);
    expect(run(writeFile('/made')).exitCode).toBe(0);
    expect(readFileSync(join(place, 'root/file'), 'utf8')).toBe('file of the root');
    expect(existsSync(join(place, 'root/made'))).toBe(false);
  });

  it.each([
    ['stays in memory without :rw', false, 'shared'],
    ['reaches the host with it', true, 'new'],
  ])('to a directory shown %s', (_, writable, left) => {
    writeFileSync(join(place, 'shared/file'), 'shared');
    const binds = [{host: join(place, 'shared'), guest: '/mnt/shared', writable}];
    expect(run(writeFile('/mnt/shared/file'), {binds}).exitCode).toBe(0);
    expect(run(writeFile('/mnt/shared/made'), {binds}).exitCode).toBe(0);
    expect(readFileSync(join(place, 'shared/file'), 'utf8')).toBe(left);
    expect(existsSync(join(place, 'shared/made'))).toBe(writable);
    rmSync(join(place, 'shared/made'), {force: true});
  });

  it('through a link that the guest made leads nowhere but to its own tree', () => {
    const binds = [{host: join(place, 'shared'), guest: '/mnt', writable: true}];
    const SYMLINKAT = 331;
    const {data, at} = layOut(join(place, 'secret'), '/mnt/link', 'new', '/mnt/..', '/mnt/up', '/mnt/up/../secret');
    const words = [
      ...checked(SYMLINKAT, at[0]!, -100, at[1]!),
      ...systemCall(OPENAT, -100, at[1]!, 1, 0),
      ...systemCall(SYMLINKAT, at[3]!, -100, at[4]!),
      ...checked(OPENAT, -100, at[5]!, O_WRONLY_CREAT_TRUNC, 0o644),
      ...withResult(WRITE, at[2]!, 3),
      ...systemCall(248, 0),
    ];
    expect(run(programOf(words, data), {binds}).exitCode).toBe(0);
    expect(readFileSync(join(place, 'secret'), 'utf8')).toBe('secret');
    expect(readFileSync(join(place, 'root/secret'), 'utf8')).toBe('the root has its own');
    expect(readdirSync(join(place, 'shared')).sort()).toEqual(['file', 'link', 'up']);
  });

  it('of a directory that was replaced by a link does not follow it', () => {
    const shared = join(place, 'swapped');
    mkdirSync(join(shared, 'inner'), {recursive: true});
    const binds = [{host: shared, guest: '/mnt', writable: true}];
    // The guest holds the directory, moves it away and puts a link to the host's / in its place.
    const {data, at} = layOut('/mnt/inner', '/mnt/moved', '/', 'made');
    const words = [
      ...checked(12, at[0]!),
      ...checked(38, at[0]!, at[1]!),
      ...checked(83, at[2]!, at[0]!),
      ...checked(OPENAT, -100, at[3]!, O_WRONLY_CREAT_TRUNC, 0o644),
      ...systemCall(248, 0),
    ];
    expect(run(programOf(words, data), {binds}).exitCode).toBe(0);
    expect(existsSync(join(shared, 'moved/made'))).toBe(true);
    expect(existsSync('/made')).toBe(false);
  });

  it('more than memory files may hold is ENOSPC', () => {
    const {data, at} = layOut('/tmp/big');
    const FTRUNCATE = 93;
    const words = [
      ...checked(OPENAT, -100, at[0]!, O_WRONLY_CREAT_TRUNC, 0o644),
      ...withResult(FTRUNCATE, 0x7fff_ffff),
      ...orExit,
      ...systemCall(248, 0),
    ];
    expect(run(programOf(words, data)).exitCode).toBe(ERRNO.ENOSPC);
  });
});

it('a root that is not there is an error that names it', () => {
  expect(() => run(printFile('/x'), {sysroot: join(place, 'none')})).toThrow(/none: ENOENT; name a directory/);
  expect(() => run(printFile('/x'), {sysroot: join(place, 'secret')})).toThrow(/secret: is no directory/);
});
