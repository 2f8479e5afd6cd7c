/** Commands that make, store and draw results: reproduce, plot, calibrate. */
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {beforeAll, describe, expect, test} from 'vitest';
import Calibrate from '../../src/cli/commands/calibrate/index.ts';
import Plot from '../../src/cli/commands/plot.ts';
import Reproduce from '../../src/cli/commands/reproduce.ts';
import {readReproduction} from '../../src/cli/reproduction-schema.ts';
import {REPRODUCTION} from '../report/fixture.ts';
import {useDirectory} from './guest-file.ts';
import {runCommand, runJson, runProgram} from './run-command.ts';

const place = useDirectory();
/** Below a regular file: root cannot write there either. */
const unwritable = () => place('file', 'below');

beforeAll(() => writeFileSync(place('file'), 'kept'));

describe('reproduce', () => {
  test('--json is one object on stdout that plot can read, with nothing on stderr', () => {
    const {stdout, stderr, exitCode} = runProgram(
      'reproduce',
      '--benchmark',
      'dhrystone',
      '--seeds',
      '4',
      '--no-report',
      '--no-timings',
      '--json',
    );
    expect({stderr, exitCode}).toEqual({stderr: '', exitCode: 0});
    writeFileSync(place('result.json'), stdout);
    const {cells, provenance, attributions} = readReproduction(place('result.json'));
    // Five runs on five systems, with one and with two host CPUs.
    expect(cells).toHaveLength(50);
    expect(attributions).toHaveLength(10);
    expect(provenance).toMatchObject({
      seeds: [4],
      command: 'trapwalk reproduce --seeds 4 --benchmark dhrystone --no-timings',
    });
    expect(provenance).not.toHaveProperty('timings');
  }, 180_000);

  test.each([
    [
      'an unknown benchmark',
      ['--benchmark', 'stream'],
      1,
      /unknown benchmark 'stream'; choose from dhrystone, cachebench-memcpy/,
    ],
    [
      'a misspelt benchmark',
      ['--benchmark', 'dhrystone,stream-scael'],
      1,
      /unknown benchmark 'stream-scael'; did you mean 'stream-scale'\?/,
    ],
    ['seeds that are no numbers', ['--seeds', '1,x'], 2, /'x' is not a whole number/],
    ['a seed named twice', ['--seeds', '1,1'], 2, /'1,1' names a seed twice/],
    ['no workers', ['--jobs', '0'], 2, /greater than or equal to 1 but received: 0/],
  ])('refuses %s', async (_, argv, code, message) => {
    const {stdout, stderr, exitCode} = await runCommand(Reproduce, ...argv, '--no-report');
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^trapwalk: .*\n$/);
    expect(exitCode).toBe(code);
  });

  test('finds out that the report cannot be written before it starts', async () => {
    const started = performance.now();
    const {stdout, stderr, exitCode} = await runCommand(Reproduce, '--out', unwritable());
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/cannot write \(a part of the path is not a directory\); choose a place/);
    expect(exitCode).toBe(1);
    expect(readFileSync(place('file'), 'utf8')).toBe('kept');
  });
});

describe('plot', () => {
  const store = (name: string, text: string): string => {
    writeFileSync(place(name), text);
    return place(name);
  };
  const changed = (change: (result: Record<string, unknown>) => void): string => {
    const result = JSON.parse(JSON.stringify(REPRODUCTION)) as Record<string, unknown>;
    change(result);
    return JSON.stringify(result, null, 2);
  };

  test('draws every figure three times', async () => {
    const path = store(
      'good.json',
      changed(() => {}),
    );
    const {files} = await runJson(Plot, path, '--out', place('figures'), '--json');
    expect(files.sort()).toEqual(
      readdirSync(place('figures'))
        .map((name) => place('figures', name))
        .sort(),
    );
    expect(files).toContain(place('figures', 'figure-14.svg'));
    expect(readFileSync(place('figures', 'figure-14.svg'), 'utf8')).toMatch(/^<svg/);
    expect(readFileSync(place('figures', 'figure-14.png')).subarray(1, 4).toString()).toBe('PNG');
    expect(JSON.parse(readFileSync(place('figures', 'figure-14.vl.json'), 'utf8')).$schema).toMatch(/vega-lite/);
  });

  test.each([
    ['no file', () => place('missing.json'), /cannot read \(no such file or directory\)/],
    ['an empty file', () => store('empty.json', ''), /expected object/],
    ['a cut-off file', () => store('cut.json', changed(() => {}).slice(0, 500)), /^trapwalk: .*cut\.json:\d+:\d+: /],
    [
      'another version',
      () =>
        store(
          'version.json',
          changed((r) => Object.assign(r, {schemaVersion: 2})),
        ),
      /version\.json:2:\d+: schemaVersion: expected 1/,
    ],
    [
      'a misspelt key',
      () =>
        store(
          'key.json',
          changed((r) => Object.assign(r, {cels: []})),
        ),
      /unknown key 'cels'; did you mean 'cells'\?/,
    ],
    [
      'a number as text',
      () =>
        store(
          'text.json',
          changed((r) => Object.assign((r.cells as object[])[0]!, {predicted: 'fast'})),
        ),
      /text\.json:\d+:\d+: cells\.0\.predicted: expected number/,
    ],
    [
      'a unit of which it does not know which figure is better',
      () =>
        store(
          'unit.json',
          changed((r) => Object.assign((r.cells as object[])[0]!, {unit: 'furlongs'})),
        ),
      /unit\.json:\d+:\d+: cells\.0\.unit: .*dhrystones\/s.*MB\/s/,
    ],
    [
      'a missing part',
      () =>
        store(
          'part.json',
          changed((r) => delete r.attributions),
        ),
      /attributions: missing \(expected array\)/,
    ],
    [
      'no cells',
      () =>
        store(
          'cells.json',
          changed((r) => Object.assign(r, {cells: []})),
        ),
      /cells: /,
    ],
  ])('refuses %s', async (_, path, message) => {
    const {stdout, stderr, exitCode} = await runCommand(Plot, path(), '--out', place('none'));
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n +at /);
    expect(exitCode).toBe(1);
    expect(existsSync(place('none'))).toBe(false);
  });

  test('an output that cannot be written', async () => {
    const path = store(
      'good.json',
      changed(() => {}),
    );
    const {stdout, stderr, exitCode} = await runCommand(Plot, path, '--out', unwritable());
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^trapwalk: .*cannot write \(a part of the path is not a directory\); choose a place.*\n$/);
    expect(exitCode).toBe(1);
  });
});

describe('calibrate', () => {
  test('finds out that the fit cannot be written before it starts', async () => {
    const {stdout, stderr, exitCode} = await runCommand(Calibrate, '--output', unwritable());
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^trapwalk: .*cannot write \(a part of the path is not a directory\).*\n$/);
    expect(exitCode).toBe(1);
  });

  test('--dry-run writes nothing, so --output makes no sense with it', async () => {
    const {stdout, stderr, exitCode} = await runCommand(Calibrate, '--dry-run', '--output', place('fit.json'));
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^trapwalk: .*--output.*\(see --help\)\n$/);
    expect(exitCode).toBe(2);
  });
});
