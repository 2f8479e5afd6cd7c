/**
 * Programs of Debian whose every output follows from their input: no time, process id, address or random number is shown.
 * Each of `scripts/` is a case of its own, run by the interpreter of its folder; `SINGLE` are commands that need no script
 * (and, most of them, no second process).
 */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

export interface Case {
  readonly name: string;
  /** The program's path in the sysroot, then its arguments. */
  readonly argv: readonly string[];
  /** Nothing to read when left out. */
  readonly stdin?: Uint8Array;
  /** In /home, a folder of the host, before the program starts. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly env: readonly string[];
  /** Where it starts: /tmp, which is in memory, or /home. */
  readonly folder: '/tmp' | '/home';
  /** The output has times in it: numbers are not compared. */
  readonly measures?: boolean;
  /** Left to TRAPWALK_PROGRAMS=all. */
  readonly slow?: boolean;
}

const SCRIPTS = join(import.meta.dirname, 'scripts');
const KEYS = join(import.meta.dirname, 'keys');

/** QEMU_CPU is for the qemu-arm of a child process; both sides see it. */
const ENVIRONMENT = ['PATH=/usr/bin:/bin', 'HOME=/root', 'TZ=UTC', 'QEMU_CPU=cortex-a7'];
const PYTHON_ENVIRONMENT = ['PYTHONHASHSEED=0', 'PYTHONDONTWRITEBYTECODE=1'];
const PERL_ENVIRONMENT = ['PERL_HASH_SEED=0', 'PERL_PERTURB_KEYS=0'];

const BASH = ['/usr/bin/bash'];
/** By folder of scripts: the command that the script's name is added to. */
const INTERPRETERS: Readonly<Record<string, readonly string[]>> = {
  awk: ['/usr/bin/gawk', '-f'],
  bash: BASH,
  busybox: ['/usr/bin/busybox', 'sh'],
  coreutils: BASH,
  dash: ['/usr/bin/dash'],
  openssl: BASH,
  perl: ['/usr/bin/perl'],
  python: ['/usr/bin/python3'],
  sqlite: ['/usr/bin/sqlite3', '-init'],
  tools: BASH,
};

const readFolder = (folder: string): Record<string, Uint8Array> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));

/** Cases of about 90 million instructions or more; most of jq's and bigint's are their own start. */
const SLOW: ReadonlySet<string> = new Set([
  'jq',
  'openssl: ciphers.sh',
  'openssl: digests.sh',
  'openssl: keys.sh',
  'perl: bigint.pl',
  'perl: modules.pl',
  'python: arithmetic.py',
  'python: asyncio_tasks.py',
  'python: compress.py',
  'python: modules.py',
  'tools: compression.sh',
]);

/** Cases that are run in a folder of the host too; the others write to memory only. */
const ALSO_ON_HOST: ReadonlySet<string> = new Set([
  'busybox: archives.sh',
  'coreutils: times.sh',
  'python: files.py',
  'sqlite: file.sql',
  'tools: archive.sh',
]);

/** Folders of scripts with characters beyond ASCII; elsewhere, programs are spared the reading of a locale. */
const UNICODE: ReadonlySet<string> = new Set(['awk', 'bash', 'perl', 'python']);

const environmentOf = (program: string, unicode: boolean): string[] => [
  ...ENVIRONMENT,
  unicode ? 'LC_ALL=C.UTF-8' : 'LC_ALL=C',
  ...(program.includes('python') ? PYTHON_ENVIRONMENT : []),
  ...(program.includes('perl') ? PERL_ENVIRONMENT : []),
];

const script = (folder: string, interpreter: readonly string[], file: string, content: Uint8Array): Case[] => {
  const name = `${folder}: ${file}`;
  const inMemory: Case = {
    name,
    argv: [...interpreter, `/home/${file}`],
    files: {[file]: content, ...(folder === 'openssl' ? readFolder(KEYS) : {})},
    env: environmentOf(interpreter[0] ?? '', UNICODE.has(folder)),
    folder: '/tmp',
    slow: SLOW.has(name),
  };
  return ALSO_ON_HOST.has(name) ? [inMemory, {...inMemory, name: `${name}, on the host`, folder: '/home'}] : [inMemory];
};

const scripted = (): Case[] =>
  Object.entries(INTERPRETERS).flatMap(([folder, interpreter]) =>
    Object.entries(readFolder(join(SCRIPTS, folder))).flatMap(([file, content]) =>
      script(folder, interpreter, file, content),
    ),
  );

interface Single {
  readonly name: string;
  readonly command: readonly string[];
  readonly stdin?: string;
  readonly measures?: boolean;
}

/** Of Knuth's generator (MMIX), the high bits: the same lines everywhere. */
const numberLines = (count: number): string => {
  let state = 1n;
  const lines = Array.from({length: count}, () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) % (1n << 64n);
    return String(state >> 44n);
  });
  return `${lines.join('\n')}\n`;
};
const NUMBERS = numberLines(2000);
const PROSE =
  'It was the best of times, it was the worst of times,\nit was the age of wisdom, it was the age of foolishness\n'.repeat(
    40,
  );

const SINGLE: readonly Single[] = [
  {name: 'true', command: ['true']},
  {name: 'false', command: ['false']},
  {name: 'echo', command: ['echo', 'hello', 'trapwalk']},
  {name: 'cat', command: ['cat'], stdin: PROSE},
  {name: 'cat /etc/passwd', command: ['cat', '/etc/passwd', '/missing']},
  {name: 'pwd', command: ['pwd']},
  {name: 'printenv', command: ['printenv', 'HOME', 'TZ', 'MISSING']},
  {name: 'printf', command: ['printf', '%d|%5.2f|%e|%g|%x|%s\\n', '42', '3.14159', '31415.9', '1e-5', '255', 'text']},
  {name: 'seq of floats', command: ['seq', '-f', '%.3f', '0', '0.37', '5']},
  {name: 'wc', command: ['wc'], stdin: PROSE},
  {name: 'sort', command: ['sort', '-n'], stdin: NUMBERS},
  {name: 'sort in two threads', command: ['sort', '--parallel=2', '-S', '1M'], stdin: numberLines(8000)},
  {name: 'uniq', command: ['uniq', '-c', '-w', '1'], stdin: NUMBERS},
  {name: 'cut', command: ['cut', '-c', '2-4,6'], stdin: NUMBERS},
  {name: 'tr', command: ['tr', 'a-z', 'A-Z'], stdin: PROSE},
  {name: 'od', command: ['od', '-A', 'd', '-t', 'x1z'], stdin: PROSE.slice(0, 300)},
  {name: 'base64', command: ['base64'], stdin: NUMBERS},
  {name: 'md5sum', command: ['md5sum'], stdin: NUMBERS},
  {name: 'sha256sum', command: ['sha256sum'], stdin: NUMBERS},
  {name: 'sha512sum', command: ['sha512sum'], stdin: NUMBERS},
  {name: 'cksum', command: ['cksum'], stdin: NUMBERS},
  {name: 'factor', command: ['factor', '18446744073709551557', '1000000016000000063', '5040']},
  {name: 'expr', command: ['expr', '12345678901234567890', '*', '98765432109876543210']},
  {name: 'numfmt', command: ['numfmt', '--to=si', '1500', '123456789']},
  {name: 'tsort', command: ['tsort'], stdin: 'a b b c c d a d x y\n'},
  {name: 'shuf', command: ['shuf', '-i', '1-30', '--random-source=/etc/passwd']},
  {name: 'ls', command: ['ls', '-1', '/usr/share/base-passwd', '/etc/profile.d']},
  // Not %Y: files that are only read bear the time of the start. It is compared in coreutils/times.sh.
  {name: 'stat', command: ['stat', '-c', '%n %F %a %s', '/usr/bin/dash', '/bin', '/usr/share/base-passwd']},
  {name: 'dd', command: ['dd', 'bs=100', 'count=7', 'skip=1', 'status=noxfer'], stdin: NUMBERS},
  {name: 'tee', command: ['tee', 'copy'], stdin: 'to two places\n'},
  {name: 'date', command: ['date', '-u', '-d', '@1234567890', '+%F %T %A %j']},
  {name: 'busybox sha256sum', command: ['busybox', 'sha256sum'], stdin: NUMBERS},
  {name: 'busybox sort', command: ['busybox', 'sort', '-rn'], stdin: NUMBERS},
  {name: 'busybox awk', command: ['busybox', 'awk', '{s += $1; q += $1 / 3} END {print s, q, s / 7}'], stdin: NUMBERS},
  {name: 'busybox gzip', command: ['busybox', 'gzip', '-c'], stdin: PROSE},
  {name: 'busybox bc', command: ['busybox', 'bc'], stdin: 'scale=40; sqrt(3); 2^300; 1/7\n'},
  {name: 'busybox --list', command: ['busybox', '--list']},
  {name: 'busybox without an applet', command: ['busybox', 'noapplet']},
  {name: 'busybox killed by its own signal', command: ['busybox', 'sh', '-c', 'kill -TERM $$']},
  {name: 'grep', command: ['grep', '-n', '-E', '^(1|2).*(3|4)$'], stdin: NUMBERS},
  {name: 'grep -P, which compiles to machine code', command: ['grep', '-P', '(\\d)\\1(?=\\d)'], stdin: NUMBERS},
  {name: 'sed', command: ['sed', '-E', 's/([aeiou])([a-z])/\\2\\1/g;2!d'], stdin: PROSE},
  {
    name: 'mawk',
    command: ['mawk', '{n[$1 % 7]++; s += sqrt($1)} END {for (i = 0; i < 7; i++) print i, n[i]; print s}'],
    stdin: NUMBERS,
  },
  {name: 'gawk', command: ['gawk', '-M', 'BEGIN {PREC = 200; printf "%.50f %d\\n", sqrt(2), 3 ^ 200}']},
  {name: 'mawk script', command: ['mawk', 'BEGIN {for (i = 0; i < 10000; i++) x = (x * 31 + i) % 65537; print x}']},
  {name: 'bc', command: ['bc', '-l'], stdin: 'scale=100; 4*a(1); e(1); sqrt(2)\n'},
  {name: 'dc', command: ['dc'], stdin: '100 k 2 v p 3 200 ^ p\n'},
  {name: 'gzip', command: ['gzip', '-nc'], stdin: NUMBERS},
  {name: 'bzip2', command: ['bzip2', '-c'], stdin: NUMBERS},
  {name: 'xz', command: ['xz', '-0c'], stdin: NUMBERS},
  {name: 'zstd', command: ['zstd', '-qc', '--single-thread'], stdin: NUMBERS},
  {
    name: 'diff',
    command: ['diff', '-u', '--label', 'a', '--label', 'b', '/etc/passwd', '/usr/share/base-passwd/group.master'],
  },
  {name: 'find', command: ['find', '/usr/share/base-passwd', '-type', 'f', '-size', '-2', '-printf', '%f %s\\n']},
  {
    name: 'bash',
    command: ['bash', '-c', 'for ((i = 0; i < 500; i++)); do ((s += i * i)); done; echo $s'],
  },
  {name: 'bash from standard input', command: ['bash'], stdin: 'read -r line\nthe line\necho "read: $line"\nexit 9\n'},
  {name: 'dash', command: ['dash', '-c', 'i=0; while [ $i -lt 500 ]; do i=$((i + 1)); done; echo $i; exit 3']},
  {name: 'perl', command: ['perl', '-e', 'print join(" ", map {sprintf "%.6f", sqrt} 1 .. 20), "\\n"; exit 4']},
  {
    name: 'python3',
    command: ['python3', '-I', '-S', '-c', 'print(2 ** 100, 1 / 3, sum(range(10000)), sorted("trapwalk"))'],
  },
  {
    name: 'sqlite3',
    command: [
      'sqlite3',
      ':memory:',
      'create table t(x); insert into t values (1), (2.5), (null); select sum(x), avg(x), count(*) from t',
    ],
  },
  {name: 'openssl version', command: ['openssl', 'version']},
  {name: 'openssl dgst', command: ['openssl', 'dgst', '-sha256'], stdin: NUMBERS},
  {
    name: 'openssl enc',
    command: ['openssl', 'enc', '-aes-256-cbc', '-K', '01'.repeat(32), '-iv', '02'.repeat(16), '-base64'],
    stdin: PROSE,
  },
  {name: 'openssl prime', command: ['openssl', 'prime', '18446744073709551557']},
  {name: 'jq', command: ['jq', '-c', '[.[] | . * 2 + 0.5]'], stdin: '[1, 2.25, 1e10]\n'},
  {name: 'file', command: ['file', '-b', '/etc/passwd']},
  {name: 'm4', command: ['m4'], stdin: "define(`square', `eval($1 * $1)')square(12) ifelse(1, 1, yes)\n"},
  {name: 'mbw', command: ['mbw', '-n', '2', '-b', '65536', '1'], measures: true},
  {name: 'hackbench: processes, sockets', command: ['hackbench', '-g', '1', '-f', '20', '-l', '10'], measures: true},
  {
    name: 'hackbench: processes, pipes',
    command: ['hackbench', '-p', '-g', '1', '-f', '20', '-l', '10'],
    measures: true,
  },
  {
    name: 'hackbench: threads, sockets',
    command: ['hackbench', '-T', '-g', '1', '-f', '20', '-l', '10'],
    measures: true,
  },
  {
    name: 'hackbench: threads, pipes',
    command: ['hackbench', '-T', '-p', '-g', '1', '-f', '20', '-l', '10'],
    measures: true,
  },
];

const single = ({name, command: [program = '', ...rest], stdin, measures}: Single): Case => ({
  name,
  argv: [`/usr/bin/${program}`, ...rest],
  files: {},
  env: environmentOf(program, false),
  folder: '/tmp',
  slow: SLOW.has(name),
  ...(stdin === undefined ? {} : {stdin: Buffer.from(stdin)}),
  ...(measures === undefined ? {} : {measures}),
});

export const CASES: readonly Case[] = [...SINGLE.map(single), ...scripted()];
