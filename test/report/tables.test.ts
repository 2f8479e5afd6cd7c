import {expect, test} from 'vitest';
import {
  formatFactor,
  formatNumber,
  formatPercent,
  formatShare,
  formatSignedPercent,
  formatValue,
} from '../../src/report/format.ts';
import {textReport} from '../../src/report/tables.ts';
import {REPRODUCTION, WITH_SECONDS} from './fixture.ts';

test('the whole text report', () => {
  expect(textReport(REPRODUCTION)).toMatchSnapshot();
});

test('no line is wider than 120 columns', () => {
  const tables = textReport(REPRODUCTION)
    .split('\n')
    .filter((line) => /^[┌│├└]/.test(line));
  expect(tables.length).toBeGreaterThan(40);
  expect(Math.max(...tables.map((line) => line.length))).toBeLessThanOrEqual(120);
});

test('seconds have three decimals, beside the published ones or their interval', () => {
  const text = textReport(WITH_SECONDS);
  expect(text.match(/^Table \S+/gm)).toEqual(['Table IV:', 'Table VI:', 'Table XII:', 'Table VIII:', 'Table XIII:']);
  const lines = text.split('\n').slice(text.split('\n').findIndex((line) => line.startsWith('Table XII:')));
  expect(lines[0]).toBe('Table XII: Hackbench, s, 1 host CPU (predicted, and below it (published, error))');
  // 0.3 for 0.2928 is +2.46 %, 0.48 for 0.496 −3.23 %.
  expect(lines[4]).toMatch(/^│ 1x40 +│ +0\.300 │ .* │ +0\.480 │$/);
  expect(lines[5]).toMatch(/^│ +│ \(0\.293, \+2\.46%\) │ .* │ \(0\.496, −3\.23%\) │$/);
  // 0.16 ± 5 %
  expect(text).toMatch(/^│ +│ 0\.152–0\.168 │/m);
});

test('a result without errors, orders and attributions has only its tables', () => {
  const text = textReport({...REPRODUCTION, errors: [], orders: [], attributions: [], recordings: []});
  expect(
    text
      .match(/^\S.*/gm)!
      .filter((line) => !/^[┌│├└]/.test(line))
      .map((line) => line.slice(0, 12)),
  ).toEqual(['Table IV: Dh', 'Table VI: Ca', 'Table VIII: ']);
});

test('of several cases one attribution is shown and the others are named', () => {
  const again = REPRODUCTION.attributions.filter(({case: name}) => name === '2M').map((one) => ({...one, case: '3M'}));
  const text = textReport({...REPRODUCTION, attributions: [...REPRODUCTION.attributions, ...again]});
  expect(text).toContain('Not shown here: 3M (in the HTML report and in the JSON result)');
  expect(text.match(/and share of the total/g)).toHaveLength(2);
});

test('a missing item shows in the row of the unattributed', () => {
  const [host, ...others] = REPRODUCTION.attributions;
  const text = textReport({...REPRODUCTION, attributions: [{...host!, unattributed: 2}, ...others]});
  // 2 of 40 cycles.
  expect(text).toMatch(/│ unattributed +│ +2\.000 +5\.0% │ +0 │/);
});

test('a cell that the result does not have is a dash', () => {
  const text = textReport({
    ...REPRODUCTION,
    cells: REPRODUCTION.cells.filter((cell) => cell.sut !== 'xen' || cell.case !== '2M'),
  });
  expect(text).toMatch(/│ 2M .* – │/);
});

test.each([
  [formatValue(2_558_600.4, 'dhrystones/s'), '2,558,600'],
  [formatValue(1748.35, 'MB/s'), '1,748.3'],
  [formatValue(0.2928, 's'), '0.293'],
  [formatValue(10.00049, 's'), '10.000'],
  [formatNumber(12.3456), '12.35'],
  [formatValue(Number.NaN, 'MB/s'), '–'],
  [formatNumber(0), '0'],
  [formatNumber(-1234567), '−1,234,567'],
  [formatNumber(0.012345), '0.01235'],
  [formatNumber(1.5e-9), '1.50e−9'],
  [formatPercent(-0.004), '0.00%'],
  [formatSignedPercent(0.004), '0.00%'],
  [formatSignedPercent(0.006), '+0.01%'],
  [formatSignedPercent(-12.34), '−12.34%'],
  [formatShare(1, 3000), '<0.1%'],
  [formatShare(0, 3000), '0.0%'],
  [formatFactor(9.96), '10.0×'],
  [formatFactor(12.3), '12×'],
  [formatFactor(Number.POSITIVE_INFINITY), '–'],
])('%s', (text, expected) => {
  expect(text).toBe(expected);
});
