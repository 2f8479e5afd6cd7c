import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import AuditTables from '../../src/cli/commands/audit.ts';
import {packagePath} from '../../src/files/paths.ts';
import {runCommand, runJson, runProgram} from './run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'trapwalk-audit-'));
afterAll(() => rmSync(folder, {recursive: true}));
const file = join(folder, 'mine.csv');
writeFileSync(
  file,
  [
    'table,benchmark,host_cpus,case,sut,value,unit',
    'I,stream-scale,1,run-1,host,300.0,MB/s',
    'I,stream-scale,1,run-1,xvisor,290.0,MB/s',
    'I,stream-scale,1,run-1,xen,291.0,MB/s',
    'I,stream-scale,1,average,xen,290.0,MB/s',
    '',
  ].join('\n'),
);

test('a line for each file, finding and claim; no failure', async () => {
  const {stdout, stderr, exitCode} = await runCommand(AuditTables, file);
  expect({stderr, exitCode}).toEqual({stderr: '', exitCode: 0});
  expect(stdout.replaceAll(folder, '')).toMatchInlineSnapshot(`
    "/mine.csv: 4 cells
    /mine.csv:5: missing: table I, stream-scale, 1 host CPU, average, host: no cell in MB/s
    /mine.csv:5: missing: table I, stream-scale, 1 host CPU, average, xvisor: no cell in MB/s
    /mine.csv:5: statistic: table I, stream-scale, 1 host CPU, average, xen: stated 290.0, the average of its 1 cells is 291.000
    claim cpu-overhead (Xvisor has the lowest CPU overhead): not tested, no such table was given
    claim memory-bandwidth (Xvisor has the highest memory bandwidth): holds on 0 of 1 cases
      /mine.csv:3: claim: table I, stream-scale, 1 host CPU, run-1, xvisor: memory-bandwidth: xen is better, 291.0 against 290.0 MB/s (0.34 %)
    claim lock-and-timer-overhead (Xvisor has the lowest lock and virtual timer interrupt overhead): not tested, no such table was given
    claim footprint (Xvisor has the smallest footprint): not tested, no such table was given
    4 disagreements
    "
  `);
});

test('--strict fails where anything disagrees, also with --json', async () => {
  expect((await runCommand(AuditTables, file, '--strict')).exitCode).toBe(3);
  expect((await runCommand(AuditTables, file, '--strict', '--json')).exitCode).toBe(3);
  expect(await runJson(AuditTables, file, '--json')).toMatchObject({disagreements: 4, files: [{cells: 4}]});
});

test.each([
  [['/nowhere.csv'], 1, /\/nowhere\.csv: .*no such file/],
  [[packagePath('package.json')], 1, /header is/],
  [[file, '--rules', file], 1, /mine\.csv:1:1/],
  [[], 2, /missing argument: FILES/],
  [[file, '--deviations', '0'], 2, /greater than or equal to 1/],
])('%j is refused', async (argv, code, message) => {
  const {stdout, stderr, exitCode} = await runCommand(AuditTables, ...argv);
  expect({stdout, exitCode}).toEqual({stdout: '', exitCode: code});
  expect(stderr).toMatch(message);
});

const documented = readFileSync(packagePath('docs', 'audit.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('npx trapwalk '))
  .map((line) =>
    line
      .replace(/\s+#.*$/, '')
      .split(/\s+/)
      .slice(2),
  );

test.each(documented)('docs/audit.md: %s', (...argv) => {
  const {stderr, exitCode} = runProgram(...argv);
  expect([stderr, exitCode]).toEqual(['', argv.includes('--strict') ? 3 : 0]);
});
