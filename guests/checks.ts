/** What the stress guest can run: by name, the lines of a shell script. */

const stress = (stressor: string, operations: number, ...more: string[]): string =>
  ['stress-ng', `--${stressor}`, '1', `--${stressor}-ops`, `${operations}`, '--verify', ...more].join(' ');

/** Those of GLib's tests that need no files and no second of ours. */
export const GLIB_TESTS = ['base64', 'bitlock', 'cond', 'hash', 'sort', 'strfuncs', 'test-printf', 'utf8-validate'];

const PARTS: Readonly<Record<string, readonly string[]>> = {
  cpu: ['matrixprod', 'fft', 'trig', 'crc16', 'int64float', 'float64', 'bitops', 'sqrt'].map((method) =>
    stress('cpu', 1, `--cpu-method ${method}`),
  ),
  vm: ['flip', 'walk-1d', 'rowhammer', 'incdec'].map((method) =>
    stress('vm', 1, '--vm-bytes 1M', `--vm-method ${method}`),
  ),
  kernel: [stress('context', 50), stress('pipe', 200), stress('futex', 200)],
  realtime: [
    'cyclictest -q -t 2 -p 80 -i 1000 -l 50',
    'pmqtest -q -t 1 -p 80 -i 1000 -l 20',
    'ptsematest -q -t 1 -p 80 -i 1000 -l 20',
    'signaltest -q -t 2 -p 80 -l 20',
    'sigwaittest -q -t 1 -p 80 -i 1000 -l 20',
    '/bin/svsematest -q -t 1 -p 80 -i 1000 -l 20',
    'ssdd --forks=2 --iters=20',
  ],
  // By their paths, for busybox has some of those names.
  glib: GLIB_TESTS.map((name) => `/bin/${name} --tap; echo "${name}: $?"`),
};

export const CHECKS: Readonly<Record<string, readonly string[]>> = {...PARTS, all: Object.values(PARTS).flat()};
