import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from 'vitest';
import Replay from '../../src/cli/commands/replay.ts';
import ValidateMicrobenchmarks from '../../src/cli/commands/validate/microbenchmarks.ts';
import ValidateTinymembench from '../../src/cli/commands/validate/tinymembench.ts';
import {MARKS} from '../../src/report/tinymembench.ts';
import {TRANSFER_MARKS} from '../../src/report/transfer.ts';
import {runCommand, runJson} from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'trapwalk-validate-'));
afterAll(() => rmSync(folder, {recursive: true}));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const QUICK = ['--test', 'C fill'];

describe('validate tinymembench', () => {
  test('prints measured beside predicted, and where the time goes', async () => {
    const {stdout, exitCode} = await runCommand(ValidateTinymembench, ...QUICK);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Olimex A20-OLinuXino-LIME2 .*, sbc-bench 3EOw$/m);
    expect(stdout).toMatch(/│ C fill │ +– │ MB\/s │ +2024\.2 │ +\d+\.\d │ +[+−]\d+\.\d\d% │ .*posted writes \d/);
    expect(stdout).toMatch(/^bandwidths: mean absolute error \d+\.\d\d%; [01] of 1 within 15 %$/m);
  });

  test('several machines in one pass, as JSON', async () => {
    const {results} = await runJson(ValidateTinymembench, ...QUICK, '--machine', 'banana-pi,lime2', '--json');
    const measured = results.map((one: {machine: string; figures: {measured: number}[]}) => [
      one.machine,
      one.figures.map((figure) => figure.measured),
    ]);
    expect(measured).toEqual([
      ['banana-pi', [1476.1]],
      ['lime2', [2024.2]],
    ]);
  });

  test('puts the section between its marks and keeps the rest', async () => {
    const path = file('marked.md', `before\n${MARKS.join('\nold\n')}\nafter\n`);
    const {stdout, stderr} = await runCommand(ValidateTinymembench, ...QUICK, '--update', path);
    expect({stdout, stderr}).toEqual({stdout: '', stderr: `wrote ${path}\n`});
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(/^before\n<!-- .*begin -->\n\n### Olimex[\s\S]*\| C fill \|[\s\S]*<!-- .*end -->\nafter\n$/);
    expect(text).not.toContain('old');
  });

  test.each([
    [['--update', file('unmarked.md', 'no marks\n')], /has no marks to put the section between; write <!--/],
    [['--machine', 'lime3'], /no tinymembench log of machine 'lime3' is known; choose from lime2/],
    [['--test', 'C fil'], /unknown test 'C fil'; did you mean 'C fill'\?/],
  ])('%j is refused', async (flags, message) => {
    const {stdout, stderr, exitCode} = await runCommand(ValidateTinymembench, ...flags);
    expect({stdout, exitCode}).toEqual({stdout: '', exitCode: 1});
    expect(stderr).toMatch(message);
  });
});

describe('validate microbenchmarks', () => {
  test('prints published beside predicted with an interval, inputs and reasons', async () => {
    const {stdout, exitCode} = await runCommand(ValidateMicrobenchmarks);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/│ Hypercall +│ +5,326 │ +[\d,]+ │ +[\d,]+ to [\d,]+ │ +\d\.\d\d │/);
    expect(stdout).toMatch(/│ Trap +│ +27\.00 │ +input │/);
    expect(stdout).toContain('quoted from memory');
    expect(stdout).toMatch(/ISCA 2016 \(11 rows, not predicted\): X-Gene is ARMv8/);
  });

  test('the section goes between its marks', async () => {
    const path = file('transfer.md', `before\n${TRANSFER_MARKS.join('\nold\n')}\nafter\n`);
    expect((await runCommand(ValidateMicrobenchmarks, '--update', path)).stderr).toBe(`wrote ${path}\n`);
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(/^before\n[\s\S]*\| IPI \| 14,366 \|[\s\S]*end -->\nafter\n$/);
    expect(text).not.toContain('old');
  });

  test.each([
    [ValidateMicrobenchmarks, ['--machine', 'lime2'], /machine 'lime2'; choose from arndale/],
    [ValidateMicrobenchmarks, ['--update', file('plain.md', 'no marks\n')], /has no marks to put the section between/],
    [
      Replay,
      ['dhrystone', '--machine', 'arndale'],
      /'use: paths', whose core replay has no rules for; replay on one of/,
    ],
    [Replay, ['dhrystone', '--machine', 'lime3'], /unknown machine 'lime3'; choose from/],
  ] as const)('%# is refused', async (command, flags, message) => {
    const {stdout, stderr, exitCode} = await runCommand(command, ...flags);
    expect({stdout, exitCode}).toEqual({stdout: '', exitCode: 1});
    expect(stderr).toMatch(message);
  });
});
