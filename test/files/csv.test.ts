import {expect, test} from 'vitest';
import {parseCsv, readCsv} from '../../src/files/csv.ts';
import {packagePath} from '../../src/files/paths.ts';

const columns = ['sut', 'value'] as const;
const parse = (text: string) => parseCsv(text, 't.csv', columns);

test('rows come as records, with or without a last line end, with either line end', () => {
  const rows = [
    {sut: 'host', value: '1'},
    {sut: 'xen', value: ''},
  ];
  expect(parse('sut,value\nhost,1\nxen,\n')).toEqual(rows);
  expect(parse('sut,value\r\nhost,1\r\nxen,')).toEqual(rows);
  expect(parse('sut,value\n')).toEqual([]);
});

test('quotes keep commas and quotes', () => {
  expect(parse('sut,value\n"a,b","say ""x"""\n')).toEqual([{sut: 'a,b', value: 'say "x"'}]);
});

test.each([
  ['', "t.csv:1: header is ''; expected 'sut,value'"],
  ['value,sut\n', "t.csv:1: header is 'value,sut'; expected 'sut,value'"],
  ['sut,value,unit\n', "t.csv:1: header is 'sut,value,unit'; expected 'sut,value'"],
  ['sut,value\nhost,1\nxen\n', 't.csv:3: 1 fields where the header has 2'],
  ['sut,value\nhost,1,2\n', 't.csv:2: 3 fields where the header has 2'],
  ['sut,value\n\nhost,1\n', 't.csv:2: empty line; remove it'],
  ['sut,value\nho"st,1\n', 't.csv:2:1: misplaced double quote'],
  ['sut,value\nhost,"1\n', 't.csv:2:6: misplaced double quote'],
])('%j is refused', (text, message) => {
  expect(() => parse(text)).toThrow(message);
});

test('the published tables read', () => {
  const names = ['table', 'benchmark', 'host_cpus', 'case', 'sut', 'value', 'unit'] as const;
  const rows = readCsv(packagePath('calibration', 'published', 'first-vector.csv'), names);
  expect(rows[0]).toEqual({
    table: 'IV',
    benchmark: 'dhrystone',
    host_cpus: '1',
    case: 'run-1',
    sut: 'host',
    value: '2558600',
    unit: 'dhrystones/s',
  });
});
