/** `trapwalk calibrate` from stored counts: none of these replays anything. */
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {beforeAll, describe, expect, test} from 'vitest';
import {isUnseen} from '../../src/calibration/alternatives.ts';
import {countsPath, countsText, readCounts} from '../../src/calibration/counts.ts';
import {fingerprint} from '../../src/calibration/fingerprint.ts';
import {readTargets} from '../../src/calibration/run.ts';
import Calibrate from '../../src/cli/commands/calibrate/index.ts';
import {rankingText} from '../../src/cli/ranking-text.ts';
import {publishedPath} from '../../src/predict/benchmarks.ts';
import {loadCalibration} from '../../src/predict/calibration.ts';
import {fitPath, readFit} from '../../src/predict/fit-file.ts';
import {readHypotheses} from '../../src/predict/hypotheses.ts';
import {useDirectory} from './guest-file.ts';
import {runCommand} from './run-command.ts';

const place = useDirectory();
const text = (path: string): string => readFileSync(path, 'utf8');

/** Stored counts that are of the files in the tree, whatever has been changed there since they were made. */
beforeAll(() => {
  const priors = loadCalibration({priorsOnly: true});
  const {benchmarks, scheduled} = readTargets(publishedPath(), Object.keys(priors.hypervisors));
  const counts = {...readCounts(countsPath())!, fingerprint: fingerprint(priors, benchmarks, scheduled)};
  writeFileSync(place('fit.counts.json'), countsText(counts));
});

describe('a dry run', () => {
  test('says the same twice, byte for byte, and touches no file', async () => {
    const files = [fitPath(), countsPath(), place('fit.counts.json')];
    const before = files.map(text);
    const run = () => runCommand(Calibrate, '--dry-run', '--counts', place('fit.counts.json'), '--json');
    const [first, second] = [await run(), await run()];
    expect(second).toEqual(first);
    expect(first).toMatchObject({stderr: '', exitCode: 0});
    expect(files.map(text)).toEqual(before);
    expect(JSON.parse(first.stdout)).toMatchObject({schemaVersion: 2, command: 'trapwalk calibrate'});
  });

  test('says in words what is estimated, identified, left out and worth measuring', async () => {
    const {stdout, exitCode} = await runCommand(Calibrate, '--dry-run', '--counts', place('fit.counts.json'));
    expect(exitCode).toBe(0);
    for (const words of [
      /^\d+ parameters, 160 cells in 25 groups\. \d of 8 starts end at these values\./,
      /primitives\.missExposure +│ ratio +│ +\d/,
      /singular value │ identified │ combination/,
      /one benchmark left out +│ dhrystone/,
      /Within 95 % intervals: \d+ of 128 guest cells in sample, \d+ of 128 left out\./,
      /one more measurement +│ +narrows by/,
    ])
      expect(stdout).toMatch(words);
  });
});

test('--output writes a fit that predictions can read, and nothing where predictions look by default', async () => {
  const before = text(fitPath());
  const {exitCode, stdout} = await runCommand(Calibrate, '--output', place('fit.json'), '--json');
  expect(exitCode).toBe(0);
  expect(readFit(place('fit.json'))).toEqual(JSON.parse(stdout));
  expect(text(fitPath())).toBe(before);
});

describe('--targets', () => {
  const HEADER = 'table,benchmark,host_cpus,case,sut,value,unit\n';

  test('without --output is refused: it would replace the fit of the published cells', async () => {
    const {stdout, stderr, exitCode} = await runCommand(Calibrate, '--targets', place('my.csv'));
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^trapwalk: .*--targets.*--output.*\(see --help\)\n$/s);
    expect(exitCode).toBe(2);
  });

  test('that nothing predicts are refused before anything is replayed, and nothing is written', async () => {
    writeFileSync(place('my.csv'), `${HEADER}I,whetstone,1,run-1,host,1,MB/s\n`);
    const {stdout, stderr, exitCode} = await runCommand(
      ...([Calibrate, '--targets', place('my.csv'), '--output', place('mine.json')] as const),
    );
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^trapwalk: .*my\.csv:2: no benchmark 'whetstone'; .*\n$/);
    expect(exitCode).toBe(1);
    expect(existsSync(place('mine.json'))).toBe(false);
  });
});

test('counts that are no counts are refused', async () => {
  writeFileSync(place('bad.json'), '{"schemaVersion":1');
  const {stdout, stderr, exitCode} = await runCommand(Calibrate, '--dry-run', '--counts', place('bad.json'));
  expect(stdout).toBe('');
  expect(stderr).toMatch(
    /^trapwalk: .*bad\.json: .*; restore the file, or count anew with `trapwalk calibrate --replay`\n$/,
  );
  expect(exitCode).toBe(1);
});

describe('a ranking', () => {
  test('leaves out what one host CPU cannot see: shares of two, and nothing else', () => {
    const unseen = readHypotheses().filter(isUnseen);
    for (const {alternatives} of unseen)
      for (const {set} of Object.values(alternatives))
        for (const key of Object.keys(set)) expect(key).toMatch(/\.shareOfTwoCpus$/);
    expect(unseen.length).toBeLessThan(readHypotheses().length);
  });

  test('as text has the best first, what each alternative can do and what is unseen', () => {
    const row = (score: number, kernel: string) => ({
      ...{choices: {kernel}, score, leftOutPercent: {dhrystone: 100 * score}, sumOfSquares: 1},
    });
    const alternative = (name: string, rank: number) => ({
      ...{unknown: 'kernel', alternative: name, isDefault: rank === 2, bestScore: rank / 10, rank},
    });
    const shown = rankingText({
      ...{
        schemaVersion: 1,
        command: 'test',
        fingerprint: 'none',
        cases: {},
        unseen: ['share'],
        defaultRank: 2,
        tried: 2,
      },
      combinations: [row(0.1, 'old'), row(0.2, 'new')],
      alternatives: [alternative('old', 1), alternative('new', 2)],
    });
    expect(shown).toMatch(
      /^2 combinations, .* The defaults are number 2; scores within 0\.02 of each other are not told apart\./,
    );
    expect(shown).toMatch(/1 +│ +0\.1000 │ +10\.00 % │ old .*\n.*2 +│ +0\.2000 │ +20\.00 % │ new/);
    expect(shown).toMatch(/kernel +│ new +│ yes +│ +0\.2000 │ +2/);
    expect(shown).toMatch(/What one host CPU cannot tell: share\./);
  });
});
