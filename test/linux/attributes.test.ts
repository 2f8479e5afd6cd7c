/** Permissions and times: of a directory that the guest may write to, they are the host's, for both to see. */
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import fc from 'fast-check';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import type {EmulatorOptions} from '../../src/isa/emulator.ts';
import {ERRNO} from '../../src/isa/linux/errno.ts';
import {Quota} from '../../src/isa/linux/files/content.ts';
import {HostDirectory} from '../../src/isa/linux/files/host.ts';
import {HostTree} from '../../src/isa/linux/files/host-tree.ts';
import {newVolume} from '../../src/isa/linux/files/node.ts';
import {bytesOf, systemCall} from '../isa/assemble.ts';
import {BUFFER, checked, DATA, layOut, OPENAT, orExit, printFile, programOf, READ, WRITE, withResult} from './calls.ts';
import {runGuest} from './guest.ts';

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const O_RDWR_CREAT_EXCL = 0o302;
const O_PATH = 0o1000_0000;
const UTIME_NOW = 0x3fff_ffff;
const UTIME_OMIT = 0x3fff_fffe;
const CALL = {
  unlink: 10,
  chdir: 12,
  chmod: 15,
  lchown: 16,
  rename: 38,
  mkdir: 39,
  umask: 60,
  symlink: 83,
  fchmod: 94,
  fchown: 95,
  fstat64: 197,
  utimes: 269,
  mknodat: 324,
  futimesat: 326,
  fstatat64: 327,
  linkat: 330,
  fchmodat: 333,
  utimensat: 348,
  utimensat_time64: 412,
};

let place = '';
let shared = '';
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'trapwalk-attributes-'));
  shared = join(place, 'shared');
  mkdirSync(join(shared, 'inner'), {recursive: true});
  writeFileSync(join(shared, 'file'), 'shared');
  writeFileSync(join(shared, 'inner/file'), 'inner');
  writeFileSync(join(place, 'secret'), 'secret');
  symlinkSync('file', join(shared, 'link'));
  for (const name of ['shared/file', 'shared/inner/file', 'secret']) dated(name);
});
afterEach(() => rmSync(place, {recursive: true, force: true}));

const OLD = 1_000_000_000;
const dated = (name: string): void => {
  chmodSync(join(place, name), 0o600);
  utimesSync(join(place, name), OLD, OLD);
};

/** The nearest microsecond, in ns: Node may add what a number of seconds has beyond. */
const rounded = (nanoseconds: bigint): bigint =>
  nanoseconds + 500n - ((((nanoseconds + 500n) % 1000n) + 1000n) % 1000n);

/** Permissions and times in ns as the host has them, links not followed. */
const onHost = (name: string) => {
  const {mode, atimeNs, mtimeNs} = lstatSync(join(place, name), {bigint: true});
  return {permissions: Number(mode) & 0o7777, accessed: rounded(atimeNs), modified: rounded(mtimeNs)};
};
const UNTOUCHED = {permissions: 0o600, accessed: BigInt(OLD) * 10n ** 9n, modified: BigInt(OLD) * 10n ** 9n};

type Options = Partial<EmulatorOptions>;
const bindOf = (writable: boolean): Options => ({binds: [{host: shared, guest: '/mnt', writable}]});
const WRITABLE = (): Options => bindOf(true);

/** A text becomes its address, words that of a copy of them. */
type Argument = number | string | readonly number[];
type Step = readonly [number: number, ...args: readonly Argument[]];

/** Of a first argument that is the result of the step before. */
const LAST = 'the last result';

/** Makes the calls, each of which must succeed, and then ends; else the error is the exit code. */
const programFrom = (...steps: readonly Step[]): Uint8Array => {
  const args = steps.flatMap(([, ...rest]) => rest);
  const words = args.filter((argument) => typeof argument === 'object');
  const texts = args.filter((argument) => typeof argument === 'string');
  const {data, at} = layOut(...texts);
  const start = Math.ceil(data.length / 4) * 4;
  const bytes = Buffer.concat([data, Buffer.alloc(start - data.length), bytesOf(words.flat())]);
  let wordsAt = DATA + start;
  let textIndex = 0;
  const addressOf = (argument: Argument): number => {
    if (typeof argument === 'number') return argument;
    if (typeof argument === 'string') return at[textIndex++]!;
    wordsAt += 4 * argument.length;
    return wordsAt - 4 * argument.length;
  };
  const code = steps.flatMap(([number, ...rest]) => {
    const usesLast = rest[0] === LAST;
    const values = rest.map(addressOf);
    return usesLast ? [...withResult(number, ...values.slice(1)), ...orExit] : checked(number, ...values);
  });
  return programOf([...code, ...systemCall(248, 0)], bytes);
};

const run = (steps: readonly Step[], options: Options = WRITABLE()) => {
  const written: Uint8Array[] = [];
  const write = (_: number, data: Uint8Array): unknown => written.push(data.slice());
  const {exitCode} = runGuest(programFrom(...steps), {write, ...options});
  return {exitCode, output: Buffer.concat(written)};
};
const succeeds = (steps: readonly Step[], options?: Options): void => expect(run(steps, options).exitCode).toBe(0);

const STATUS_BYTES = 104;
const show: Step = [WRITE, 1, BUFFER, STATUS_BYTES];
const status = (path: string, flags = 0): readonly Step[] => [[CALL.fstatat64, AT_FDCWD, path, BUFFER, flags], show];
/** A struct stat64. */
const parseStatus = (view: DataView) => {
  const word = (offset: number): number => view.getInt32(offset, true);
  const time = (offset: number): bigint => BigInt(word(offset)) * 10n ** 9n + BigInt(word(offset + 4));
  return {
    permissions: word(16) & 0o7777,
    links: word(20),
    owner: word(24),
    group: word(28),
    accessed: time(72),
    modified: time(80),
    inode: word(96),
  };
};
type Status = ReturnType<typeof parseStatus>;

/** What the steps have shown, each a struct stat64. */
const allSeen = (steps: readonly Step[], options?: Options): Status[] => {
  const {exitCode, output} = run(steps, options);
  expect(exitCode).toBe(0);
  return Array.from({length: output.length / STATUS_BYTES}, (_, index) =>
    parseStatus(new DataView(output.buffer, output.byteOffset + index * STATUS_BYTES, STATUS_BYTES)),
  );
};
const seen = (steps: readonly Step[], options?: Options): Status => allSeen(steps, options).at(-1)!;

describe('permissions that the guest changes are the host’s', () => {
  it.each([
    ['chmod of a file', 'file', [[CALL.chmod, '/mnt/file', 0o4751]], 0o4751],
    ['chmod through a link', 'file', [[CALL.chmod, '/mnt/link', 0o640]], 0o640],
    ['fchmodat', 'inner/file', [[CALL.fchmodat, AT_FDCWD, '/mnt/inner/file', 0o100_444]], 0o444],
    ['chmod of a directory', 'inner', [[CALL.chmod, '/mnt/inner', 0o3771]], 0o3771],
    ['chmod of the directory shown', '.', [[CALL.chmod, '/mnt', 0o1750]], 0o1750],
    [
      'fchmod of a file',
      'file',
      [
        [OPENAT, AT_FDCWD, '/mnt/file', 0],
        [CALL.fchmod, LAST, 0o711],
      ],
      0o711,
    ],
    [
      'fchmod of a directory',
      'inner',
      [
        [OPENAT, AT_FDCWD, '/mnt/inner', 0],
        [CALL.fchmod, LAST, 0o700],
      ],
      0o700,
    ],
    [
      'chmod of .',
      'inner',
      [
        [CALL.chdir, '/mnt/inner'],
        [CALL.chmod, '.', 0o701],
      ],
      0o701,
    ],
  ] as [string, string, Step[], number][])('%s', (_, name, steps, permissions) => {
    expect(seen([...steps, ...status(`/mnt/${name}`)]).permissions).toBe(permissions);
    expect(onHost(`shared/${name}`).permissions).toBe(permissions);
  });

  it('what the host changes meanwhile is seen, by descriptor too', () => {
    const write = (_: number, data: Uint8Array): void => {
      if (data.length === 1) chmodSync(join(shared, 'file'), 0o604);
      else expect(new DataView(data.buffer, data.byteOffset).getUint32(16, true) & 0o7777).toBe(0o604);
    };
    const steps: Step[] = [[WRITE, 1, '!', 1], [CALL.fstat64, 3, BUFFER], show];
    succeeds([[OPENAT, AT_FDCWD, '/mnt/file', 0], ...steps], {...WRITABLE(), write});
    expect.assertions(2);
  });

  it.each([
    [0o022, 0o644, 0o755],
    [0o077, 0o600, 0o700],
    [0, 0o666, 0o777],
  ])('what is made under umask %o', (mask, file, directory) => {
    succeeds([
      [CALL.umask, mask],
      [OPENAT, AT_FDCWD, '/mnt/made', O_RDWR_CREAT_EXCL, 0o666],
      [CALL.mknodat, AT_FDCWD, '/mnt/node', 0o100_666, 0],
      [CALL.mkdir, '/mnt/directory', 0o777],
    ]);
    const made = ['made', 'node', 'directory'].map((name) => onHost(`shared/${name}`).permissions);
    expect(made).toEqual([file, file, directory]);
  });

  it('a file that is made without the right to write is written through its first descriptor', () => {
    succeeds([
      [OPENAT, AT_FDCWD, '/mnt/made', O_RDWR_CREAT_EXCL, 0o400],
      [WRITE, LAST, 'once', 4],
    ]);
    expect(onHost('shared/made').permissions).toBe(0o400);
    expect(readFileSync(join(shared, 'made'), 'utf8')).toBe('once');
  });

  it('what the host’s user may not write, the guest may not; root may write everything', () => {
    chmodSync(join(shared, 'file'), 0o400);
    const isRoot = process.getuid?.() === 0;
    expect(run([[OPENAT, AT_FDCWD, '/mnt/file', 2]]).exitCode).toBe(isRoot ? 0 : ERRNO.EACCES);
    succeeds([[OPENAT, AT_FDCWD, '/mnt/file', 0]]);
  });

  it('a file opened for reading is written when it is opened for writing too', () => {
    succeeds([
      [OPENAT, AT_FDCWD, '/mnt/file', 0],
      [OPENAT, AT_FDCWD, '/mnt/file', 2],
      [WRITE, LAST, 'twice', 5],
      [READ, 3, BUFFER, 5],
      [WRITE, 1, BUFFER, 5],
    ]);
    expect(readFileSync(join(shared, 'file'), 'utf8')).toBe('twiced');
  });

  it('names of one file lead to one node, whoever gave them', () => {
    linkSync(join(shared, 'file'), join(shared, 'second'));
    const records = allSeen([
      ...status('/mnt/file'),
      [CALL.linkat, AT_FDCWD, '/mnt/file', AT_FDCWD, '/mnt/inner/third', 0],
      [CALL.chmod, '/mnt/inner/third', 0o640],
      [CALL.unlink, '/mnt/file'],
      ...status('/mnt/second'),
      ...status('/mnt/inner/third'),
    ]);
    const {inode} = records[0]!;
    expect(records).toMatchObject([
      {inode, links: 2, permissions: 0o600},
      {inode, links: 2, permissions: 0o640},
      {inode, links: 2, permissions: 0o640},
    ]);
  });
});

describe('times that the guest sets are the host’s', () => {
  const times = (accessed: number, modified: number) => [OLD + 1, accessed, OLD + 2, modified];
  const expected = (accessed: number, modified: number) => ({
    accessed: BigInt(OLD + 1) * 10n ** 9n + BigInt(accessed),
    modified: BigInt(OLD + 2) * 10n ** 9n + BigInt(modified),
  });
  const fileTimes = [OLD + 1, 0, 123_456_789, 0, OLD + 2, 0, 999_999_999, 0];

  it.each([
    ['utimensat', 'file', [[CALL.utimensat, AT_FDCWD, '/mnt/file', times(123_456_789, 999_999_999), 0]]],
    ['utimensat_time64', 'file', [[CALL.utimensat_time64, AT_FDCWD, '/mnt/file', fileTimes, 0]]],
    ['utimes', 'file', [[CALL.utimes, '/mnt/file', times(123_456, 999_999)]]],
    ['futimesat', 'file', [[CALL.futimesat, AT_FDCWD, '/mnt/file', times(123_456, 999_999)]]],
    [
      'utimensat of a descriptor',
      'file',
      [
        [OPENAT, AT_FDCWD, '/mnt/file', 0],
        [CALL.utimensat, LAST, 0, times(123_456_000, 999_999_000), 0],
      ],
    ],
    ['utimensat through a link', 'file', [[CALL.utimensat, AT_FDCWD, '/mnt/link', times(123_456_789, 999_999_999), 0]]],
    [
      'utimensat of a directory',
      'inner',
      [[CALL.utimensat, AT_FDCWD, '/mnt/inner', times(123_456_789, 999_999_999), 0]],
    ],
    ['utimensat of the directory shown', '.', [[CALL.utimensat, AT_FDCWD, '/mnt', times(123_456_789, 999_999_999), 0]]],
  ] as [string, string, Step[]][])('%s, cut to microseconds', (_, name, steps) => {
    expect(seen([...steps, ...status(`/mnt/${name}`)])).toMatchObject(expected(123_456_000, 999_999_000));
    expect(onHost(`shared/${name}`)).toMatchObject(expected(123_456_000, 999_999_000));
  });

  it('of a link itself with AT_SYMLINK_NOFOLLOW', () => {
    const set: Step = [CALL.utimensat, AT_FDCWD, '/mnt/link', times(5000, 7000), AT_SYMLINK_NOFOLLOW];
    expect(seen([set, ...status('/mnt/link', AT_SYMLINK_NOFOLLOW)])).toMatchObject(expected(5000, 7000));
    expect(onHost('shared/link')).toMatchObject(expected(5000, 7000));
    expect(onHost('shared/file')).toEqual(UNTOUCHED);
  });

  it('before 1970', () => {
    const set: Step = [CALL.utimensat, AT_FDCWD, '/mnt/file', [-2, 750_000_999, -1, 1999], 0];
    const wanted = {accessed: -1_250_000_000n, modified: -999_999_000n};
    expect(seen([set, ...status('/mnt/file')])).toMatchObject(wanted);
    expect(onHost('shared/file')).toMatchObject(wanted);
  });

  it('one alone leaves the other', () => {
    succeeds([[CALL.utimensat, AT_FDCWD, '/mnt/file', times(UTIME_OMIT, 8000), 0]]);
    expect(onHost('shared/file')).toEqual({...UNTOUCHED, modified: expected(0, 8000).modified});
    succeeds([[CALL.utimensat, AT_FDCWD, '/mnt/file', times(9000, UTIME_OMIT), 0]]);
    expect(onHost('shared/file')).toEqual({permissions: 0o600, ...expected(9000, 8000)});
  });

  it.each([
    ['a null pointer', 0],
    ['UTIME_NOW', times(UTIME_NOW, UTIME_NOW)],
  ] as [string, Argument][])('%s is the host’s present, by the clock that dates what is written', (_, now) => {
    writeFileSync(join(place, 'before'), '');
    succeeds([[CALL.utimensat, AT_FDCWD, '/mnt/file', now, 0]]);
    writeFileSync(join(place, 'after'), '');
    const {accessed, modified} = onHost('shared/file');
    expect(accessed).toBe(modified);
    expect(modified).toBeGreaterThanOrEqual(onHost('before').modified);
    expect(modified).toBeLessThanOrEqual(onHost('after').modified);
  });

  it.each([
    [CALL.utimensat, [AT_FDCWD, '/mnt/file', times(-1, 0), 0]],
    [CALL.utimensat, [AT_FDCWD, '/mnt/file', times(0, 1_000_000_000), 0]],
    [CALL.futimesat, [AT_FDCWD, '/mnt/file', times(1_000_000, 0)]],
  ] as [number, Argument[]][])('call %i with more than a second of fraction is EINVAL', (number, args) => {
    expect(run([[number, ...args]]).exitCode).toBe(ERRNO.EINVAL);
    expect(onHost('shared/file')).toEqual(UNTOUCHED);
  });

  it('of what the host made are seen in whole microseconds, like those that a copy is given', () => {
    const {modified} = seen(status('/mnt/link', AT_SYMLINK_NOFOLLOW));
    expect(modified % 1000n).toBe(0n);
    expect(modified).toBe(onHost('shared/link').modified);
  });

  it('in whole seconds are exact', () => {
    succeeds([[CALL.utimensat, AT_FDCWD, '/mnt/file', [-OLD, 0, 2 * OLD, 0], 0]]);
    const {atimeNs, mtimeNs} = lstatSync(join(shared, 'file'), {bigint: true});
    expect([atimeNs, mtimeNs]).toEqual([BigInt(-OLD) * 10n ** 9n, BigInt(2 * OLD) * 10n ** 9n]);
  });

  it('any microsecond until 2106 reaches the host and comes back', () => {
    const now = () => [0, 0] as const;
    const top = HostDirectory.top(new HostTree(newVolume(8, new Quota(0), now), shared, true));
    // What ext4 has with inodes of 256 bytes, but for its first second, of which it keeps no fraction.
    const second = fc.integer({min: 1 - 2 ** 31, max: 2 ** 32 - 1});
    const microsecond = fc.oneof(fc.constantFrom(0, 1, 999_999), fc.integer({min: 0, max: 999_999}));
    fc.assert(
      fc.property(second, microsecond, (seconds, microseconds) => {
        const file = top.lookup('file')!;
        const time = [seconds, microseconds * 1000] as const;
        file.changeTimes(time, time);
        file.refresh();
        expect(file.modified).toEqual(time);
        expect(onHost('shared/file').modified).toBe(BigInt(seconds) * 10n ** 9n + BigInt(microseconds * 1000));
      }),
      {
        numRuns: 2000,
        seed: 1970,
        examples: [
          [1 - 2 ** 31, 999_999],
          [-1, 999_999],
          [2 ** 32 - 1, 999_999],
        ],
      },
    );
  });
});

describe('in memory', () => {
  it('permissions and times of a directory without :rw stay there, to the nanosecond', () => {
    const steps: Step[] = [
      [CALL.chmod, '/mnt/file', 0o751],
      [CALL.utimensat, AT_FDCWD, '/mnt/file', [OLD + 1, 123_456_789, OLD + 2, 999_999_999], 0],
    ];
    const {permissions, accessed, modified} = seen([...steps, ...status('/mnt/file')], bindOf(false));
    expect({permissions, accessed, modified}).toEqual({
      permissions: 0o751,
      accessed: 1_000_000_001_123_456_789n,
      modified: 1_000_000_002_999_999_999n,
    });
    expect(onHost('shared/file')).toEqual(UNTOUCHED);
  });

  it('owners stay, whoever runs the guest', () => {
    const before = lstatSync(join(shared, 'file'));
    expect(seen(status('/mnt/file'))).toMatchObject({owner: 0, group: 0});
    const steps: Step[] = [
      [CALL.lchown, '/mnt/file', 7, -1],
      [OPENAT, AT_FDCWD, '/mnt/file', 0],
      [CALL.fchown, LAST, -1, 9],
    ];
    expect(seen([...steps, ...status('/mnt/file')])).toMatchObject({owner: 7, group: 9});
    const {uid, gid} = lstatSync(join(shared, 'file'));
    expect([uid, gid]).toEqual([before.uid, before.gid]);
  });
});

describe('attributes of what is not in the tree', () => {
  const changes = (path: string): Step[][] => [
    [[CALL.chmod, path, 0o777]],
    [[CALL.utimensat, AT_FDCWD, path, [1, 0, 1, 0], 0]],
    [[CALL.utimensat, AT_FDCWD, path, 0, 0]],
  ];
  /** Runs each change for itself; `before` prepares the guest. */
  const attempt = (path: string, before: readonly Step[] = [], options?: () => Options): (number | undefined)[] =>
    changes(path).map((steps) => run([...before, ...steps], options?.()).exitCode);

  it.each(['../secret', '../../../../../../../../secret', 'inner/../../secret'])('by a link to %s', (target) => {
    symlinkSync(target, join(shared, 'out'));
    expect(attempt('/mnt/out')).toEqual([ERRNO.ENOENT, ERRNO.ENOENT, ERRNO.ENOENT]);
    expect(onHost('secret')).toEqual(UNTOUCHED);
  });

  it('by a link of the guest’s to a path of the host', () => {
    const before: Step[] = [[CALL.symlink, join(place, 'secret'), '/mnt/out']];
    expect(run([...before, ...changes('/mnt/out')[0]!]).exitCode).toBe(ERRNO.ENOENT);
    expect(run(changes('/mnt/out')[1]!).exitCode).toBe(ERRNO.ENOENT);
    expect(onHost('secret')).toEqual(UNTOUCHED);
  });

  /** Has the host do something when the guest writes, between two of its calls. */
  const meanwhile = (change: () => void) => (): Options => ({
    ...WRITABLE(),
    write: () => {
      change();
    },
  });
  const pause: Step = [WRITE, 1, '!', 1];

  it('by a link that the host puts in place of the directory in which the guest is', () => {
    mkdirSync(join(place, 'outside'));
    writeFileSync(join(place, 'outside/file'), '');
    dated('outside/file');
    const before: Step[] = [[CALL.chdir, '/mnt/inner'], pause];
    const swap = meanwhile(() => {
      rmSync(join(shared, 'inner'), {recursive: true});
      symlinkSync('../outside', join(shared, 'inner'));
    });
    const restore = (): void => {
      rmSync(join(shared, 'inner'));
      mkdirSync(join(shared, 'inner'));
    };
    const {permissions} = onHost('outside');
    for (const path of ['file', '.']) {
      for (const steps of changes(path)) {
        expect(run([...before, ...steps], swap()).exitCode).toBeGreaterThan(0);
        restore();
      }
    }
    expect(onHost('outside/file')).toEqual(UNTOUCHED);
    expect(onHost('outside').permissions).toBe(permissions);
  });

  it('by another file that the host puts in place of one that is open: the open one changes', () => {
    const swap = meanwhile(() => {
      renameSync(join(shared, 'file'), join(place, 'moved'));
      renameSync(join(place, 'secret'), join(shared, 'file'));
    });
    succeeds([[OPENAT, AT_FDCWD, '/mnt/file', 0], pause, [CALL.fchmod, 3, 0o640]], swap());
    expect(onHost('shared/file')).toEqual(UNTOUCHED);
    expect(onHost('moved').permissions).toBe(0o640);
  });

  it('by a descriptor that only names a place', () => {
    const open: Step = [OPENAT, AT_FDCWD, '/mnt/file', O_PATH];
    for (const steps of [
      [CALL.fchmod, LAST, 0o777],
      [CALL.fchown, LAST, 1, 1],
      [CALL.utimensat, LAST, 0, [1, 0, 1, 0], 0],
    ] as Step[])
      expect(run([open, steps]).exitCode).toBe(ERRNO.EBADF);
    expect(onHost('shared/file')).toEqual(UNTOUCHED);
  });
});

describe('files that move', () => {
  it('keep their content and attributes within reach', () => {
    const moves: Step[] = [
      [CALL.rename, '/mnt/file', '/mnt/inner/moved'],
      [CALL.rename, '/mnt/inner', '/mnt/elsewhere'],
      [CALL.chmod, '/mnt/elsewhere/moved', 0o640],
      [OPENAT, AT_FDCWD, '/mnt/elsewhere/moved', 0],
      [READ, LAST, BUFFER, 6],
      [WRITE, 1, BUFFER, 6],
    ];
    const {exitCode, output} = run(moves);
    expect(exitCode).toBe(0);
    expect(output.toString()).toBe('shared');
    expect(onHost('shared/elsewhere/moved').permissions).toBe(0o640);
  });

  it('and are then removed, are still those of their descriptor', () => {
    const steps: Step[] = [
      [OPENAT, AT_FDCWD, '/mnt/file', 0],
      [CALL.unlink, '/mnt/file'],
      [CALL.fchmod, 3, 0o640],
      [CALL.fstat64, 3, BUFFER],
      show,
    ];
    expect(seen(steps)).toMatchObject({permissions: 0o640, links: 0});
  });
});

it('an error of the host’s is the guest’s', () => {
  // Of /proc/sys, nobody may change permissions; where it is only read, the host says so first.
  let code = '';
  try {
    chmodSync('/proc/sys/kernel/ostype', 0o600);
  } catch (error) {
    code = (error as NodeJS.ErrnoException).code ?? '';
  }
  const binds = [{host: '/proc/sys/kernel', guest: '/mnt', writable: true}];
  expect(['EPERM', 'EROFS']).toContain(code);
  expect(run([[CALL.chmod, '/mnt/ostype', 0o600]], {binds}).exitCode).toBe(ERRNO[code as 'EPERM' | 'EROFS']);
});

it('a directory shown within one that may be written stays in sight', () => {
  mkdirSync(join(place, 'second'));
  writeFileSync(join(place, 'second/file'), 'second');
  const binds = [
    {host: shared, guest: '/mnt', writable: true},
    {host: join(place, 'second'), guest: '/mnt/second', writable: true},
  ];
  expect(runGuest(printFile('/mnt/second/file'), {binds}).stdout).toBe('second');
});
