import {expect, test} from 'vitest';
import type {Reproduction} from '../../src/predict/result.ts';
import {lossPercent} from '../../src/report/catalogue.ts';
import type {Figure} from '../../src/report/figure.ts';
import {figuresOf} from '../../src/report/figures.ts';
import {renderPng, renderSvg} from '../../src/report/render.ts';
import {REPRODUCTION, WITH_SECONDS} from './fixture.ts';

const figureOf = (id: string, reproduction: Reproduction = REPRODUCTION): Figure => {
  const figure = figuresOf(reproduction).find((one) => one.id === id);
  if (figure === undefined) throw new Error(`no figure ${id}`);
  return figure;
};
const valuesOf = ({spec}: Figure) => (spec as {data: {values: Record<string, unknown>[]}}).data.values;
const strict = (message: string) => {
  throw new Error(`vega warns: ${message}`);
};
const texts = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]+)<\/text>/g)].map((match) => match[1]!);

test('a figure for each table, numbered as in the paper, then the attribution', () => {
  expect(figuresOf(REPRODUCTION).map(({id, table}) => [id, table])).toEqual([
    ['figure-14', 'IV'],
    ['figure-16', 'VI'],
    ['figure-18', 'VIII'],
    ['attribution-1-host-cpu', undefined],
  ]);
});

test('published stands before predicted, and the loss is against the host of the same kind', () => {
  const bars = valuesOf(figureOf('figure-16')).filter((bar) => bar.case === '1.5M');
  expect(bars.map(({place}) => place).slice(0, 4)).toEqual([
    'host published',
    'host predicted',
    'xvisor published',
    'xvisor predicted',
  ]);
  expect(bars[1]).toMatchObject({value: 1750, lower: 1715, upper: 1785, loss: null});
  // 1 − 1333.2 / 1748.4
  expect(bars[4]).toMatchObject({sut: 'kvm', kind: 'published', lower: null, loss: expect.closeTo(23.7474, 3)});
  // 1 − 1400 / 1750; the better end of the interval is the smaller loss: 1 − 1428 / 1750.
  expect(bars[5]).toMatchObject({
    loss: expect.closeTo(20, 9),
    lossLower: expect.closeTo(18.4, 9),
    lossUpper: expect.closeTo(21.6, 9),
  });
});

test('fewer seconds are a gain, fewer megabytes a loss', () => {
  expect(lossPercent(1.1, 1, 's')).toBeCloseTo(10, 9);
  expect(lossPercent(0.9, 1, 's')).toBeCloseTo(-10, 9);
  expect(lossPercent(0.9, 1, 'MB/s')).toBeCloseTo(10, 9);
});

test('tables come by host CPUs and then as in the paper, whichever order their cells have', () => {
  expect(figuresOf(WITH_SECONDS).map(({id}) => id)).toEqual([
    'figure-14',
    'figure-16',
    'figure-22',
    'figure-18',
    'figure-23',
    'attribution-1-host-cpu',
  ]);
});

test('of seconds more are a loss, and the better end of the interval is the lower', () => {
  const bars = valuesOf(figureOf('figure-22', WITH_SECONDS)).filter((bar) => bar.case === '1x40');
  // 0.341 / 0.2928 − 1
  expect(bars[2]).toMatchObject({sut: 'xvisor', kind: 'published', loss: expect.closeTo(16.4617, 3)});
  // 0.36 / 0.3 − 1; its ends 0.342 / 0.3 − 1 and 0.378 / 0.3 − 1
  expect(bars[3]).toMatchObject({
    sut: 'xvisor',
    kind: 'predicted',
    loss: expect.closeTo(20, 9),
    lossLower: expect.closeTo(14, 9),
    lossUpper: expect.closeTo(26, 9),
  });
});

test.each([
  ['figure-22', 'Figure 22, Table XII: Hackbench, s, 1 host CPU'],
  ['figure-23', 'Figure 23, Table XIII: Hackbench, s, 2 host CPUs'],
])('%s draws seconds without a warning, with its labels', async (id, title) => {
  const svg = texts(await renderSvg(figureOf(id, WITH_SECONDS).spec, strict));
  for (const label of [title, 's (lower is better)', 'groups × tasks', '10x40']) expect(svg).toContain(label);
});

test('cycles lost are the differences to the host, by group, in percent of the host', () => {
  expect(valuesOf(figureOf('attribution-1-host-cpu')).filter(({sut}) => sut === 'kvm')).toEqual([
    {benchmark: 'Cachebench memory copy', sut: 'kvm', group: 'translation', percent: 20},
    {benchmark: 'Cachebench memory copy', sut: 'kvm', group: 'hypervisor', percent: 1.25},
    {benchmark: 'Dhrystone', sut: 'kvm', group: 'translation', percent: 0.025},
    {benchmark: 'Dhrystone', sut: 'kvm', group: 'hypervisor', percent: 0.6},
  ]);
});

test('a table without its host has one panel, and no attribution', () => {
  const alone = {
    ...REPRODUCTION,
    cells: REPRODUCTION.cells.filter(({sut}) => sut !== 'host'),
    attributions: REPRODUCTION.attributions.filter(({sut}) => sut !== 'host'),
  };
  expect(figuresOf(alone).map(({id}) => id)).toEqual(['figure-14', 'figure-16', 'figure-18']);
  expect((figureOf('figure-16', alone).spec as {vconcat: unknown[]}).vconcat).toHaveLength(1);
  expect((figureOf('figure-16').spec as {vconcat: unknown[]}).vconcat).toHaveLength(2);
});

test.each(figuresOf(REPRODUCTION))('$id draws without a warning, with its labels', async ({spec, title, table}) => {
  const svg = await renderSvg(spec, strict);
  expect(texts(svg)).toContain(title);
  const expected =
    table === undefined
      ? ['cycles lost, % of host', 'translation', 'kvm-hugetlb']
      : ['loss against host, %', 'xvisor', 'kvm-hugetlb'];
  for (const label of expected) expect(texts(svg)).toContain(label);
  expect(texts(svg).includes('published')).toBe(table === 'IV' || table === 'VI');
});

test('two renderings are byte-identical', async () => {
  const {spec} = figureOf('figure-16');
  expect(await renderSvg(spec, strict)).toBe(await renderSvg(spec, strict));
});

test('a warning of the compiler reaches the caller', async () => {
  const warnings: string[] = [];
  const spec = {
    data: {values: [{a: 'x', b: 1}]},
    mark: 'bar',
    encoding: {x: {field: 'a', type: 'nominal'}, opacity: {field: 'a', type: 'nominal'}},
  };
  await renderSvg(spec as Figure['spec'], (message) => warnings.push(message));
  expect(warnings.join()).toContain('opacity');
});

test('a PNG is drawn at twice the size, with text in it', async () => {
  const svg = await renderSvg(figureOf('figure-16').spec, strict);
  const png = Buffer.from(renderPng(svg));
  expect([...png.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const width = Number(/<svg[^>]* width="([\d.]+)"/.exec(svg)![1]);
  expect(png.readUInt32BE(16)).toBe(Math.round(2 * width));
  // Without fonts the same drawing loses all its text, and with it a good part of its bytes.
  const wordless = Buffer.from(renderPng(svg.replaceAll(/<text[\s\S]*?<\/text>/g, '')));
  expect(png.length).toBeGreaterThan(1.3 * wordless.length);
});
