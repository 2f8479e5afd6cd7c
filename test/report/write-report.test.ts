import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {InputError} from '../../src/files/errors.ts';
import {ReportError, writeReport} from '../../src/report/write-report.ts';
import {REPRODUCTION} from './fixture.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'trapwalk-report-'));
});
afterEach(() => {
  rmSync(directory, {recursive: true});
});
const strict = (message: string) => {
  throw new Error(message);
};
const filesIn = (path: string): string[] =>
  readdirSync(path, {recursive: true, withFileTypes: true})
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

test('a report has a page, the result and three files per figure', async () => {
  const files = await writeReport(join(directory, 'out'), REPRODUCTION, strict);
  const figures = ['figure-14', 'figure-16', 'figure-18', 'attribution-1-host-cpu'];
  const expected = figures.flatMap((id) => ['vl.json', 'svg', 'png'].map((type) => `figures/${id}.${type}`));
  expect(files).toEqual([...expected, 'result.json', 'index.html']);
  expect(filesIn(join(directory, 'out')).sort()).toEqual(files.map((path) => path.replace('figures/', '')).sort());
  expect(JSON.parse(readFileSync(join(directory, 'out/result.json'), 'utf8'))).toEqual(REPRODUCTION);
  expect(readFileSync(join(directory, 'out/index.html'), 'utf8')).toMatch(/^<!doctype html>/);
});

test('two reports of one result are byte-identical', async () => {
  const paths = await writeReport(join(directory, 'a'), REPRODUCTION, strict);
  await writeReport(join(directory, 'b'), REPRODUCTION, strict);
  for (const path of paths)
    expect(readFileSync(join(directory, 'b', path))).toEqual(readFileSync(join(directory, 'a', path)));
});

test('a place that is a file is a ReportError with path and remedy', async () => {
  const path = join(directory, 'file');
  writeFileSync(path, 'mine');
  const error = await writeReport(path, REPRODUCTION, strict).catch((reason) => reason);
  expect(error).toBeInstanceOf(ReportError);
  expect(error).toBeInstanceOf(InputError);
  expect(error.message).toMatch(
    /file: the report cannot be written here; choose a directory that you can write to \(.*figure-14.vl.json: cannot write/,
  );
  expect(readFileSync(path, 'utf8')).toBe('mine');
});

test('when one file cannot be written none is, and the old ones stay', async () => {
  mkdirSync(join(directory, 'figures'));
  writeFileSync(join(directory, 'figures/figure-18.svg'), 'old');
  writeFileSync(join(directory, 'index.html'), 'old page');
  mkdirSync(join(directory, 'result.json'));
  await expect(writeReport(directory, REPRODUCTION, strict)).rejects.toThrow(ReportError);
  expect(filesIn(directory).sort()).toEqual(['figure-18.svg', 'index.html']);
});
