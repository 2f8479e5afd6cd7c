import {expect, test} from 'vitest';
import {loadCalibration} from '../../src/predict/calibration.ts';
import {lifecyclesOf} from '../../src/predict/lifecycle.ts';
import {lifecycleTimeline} from '../../src/report/lifecycle-timeline.ts';
import {renderSvg} from '../../src/report/render.ts';
import {type Timeline, timelineFigure} from '../../src/report/timeline-figure.ts';

const strict = (message: string) => {
  throw new Error(`vega warns: ${message}`);
};
const texts = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]+)<\/text>/g)].map((match) => match[1]!);

const {hypervisors, prices} = loadCalibration();
const timelines = ['xvisor', 'kvm', 'xen', 'kvm-hugetlb']
  .flatMap((id) => lifecyclesOf(hypervisors[id]!, prices))
  .map(lifecycleTimeline);

test('figures have the paper’s numbers, and what it does not draw the system’s name', () => {
  expect(timelines.map(({id}) => id)).toEqual([
    'figure-7',
    'figure-10',
    'figure-6',
    'figure-6-in-kernel',
    'figure-9',
    'figure-5',
    'figure-8',
    'io-kvm-hugetlb',
    'io-kvm-hugetlb-in-kernel',
    'interrupt-kvm-hugetlb',
  ]);
});

test.each(timelines)('$id draws without a warning: lanes, marks, and each step with its cycles', async (timeline) => {
  const {spec, title} = timelineFigure(timeline);
  const svg = await renderSvg(spec, strict);
  const shown = texts(svg);
  expect(shown).toContain(title);
  for (const lane of timeline.lanes) expect(shown).toContain(lane);
  for (const {label} of timeline.marks) expect(shown).toContain(label);
  const listed = shown.filter((text) => /^\d+\. /.test(text));
  expect(listed).toHaveLength(timeline.bars.length);
  expect(shown.filter((text) => text.endsWith(' cycles'))).toHaveLength(timeline.bars.length);
});

const SCHEDULE: Timeline = {
  id: 'schedule',
  title: 'Two vCPUs',
  subtitle: 'one host CPU',
  unit: 'µs',
  lanes: ['vCPU 0', 'vCPU 1'],
  kinds: [
    {name: 'runs', colour: '#0072b2'},
    {name: 'waits', colour: '#d55e00'},
  ],
  bars: [
    {lane: 'vCPU 0', kind: 'runs', start: 0, end: 4, label: 'holds the lock'},
    {lane: 'vCPU 1', kind: 'waits', start: 1, end: 4, label: 'spins'},
    {lane: 'vCPU 1', kind: 'runs', start: 4, end: 6, label: 'holds the lock'},
  ],
  marks: [{lane: 'vCPU 0', at: 4, label: 'releases'}],
  isListed: false,
};

test('bars that are not listed have a legend of their kinds', async () => {
  const {spec} = timelineFigure(SCHEDULE);
  const shown = texts(await renderSvg(spec, strict));
  for (const label of ['vCPU 0', 'vCPU 1', 'runs', 'waits', 'releases', 'µs']) expect(shown).toContain(label);
  expect(shown.some((text) => /^\d+\. /.test(text))).toBe(false);
  expect(JSON.stringify(spec)).toContain('"domain":[0,6]');
});

test('two renderings are byte-identical', async () => {
  const {spec} = timelineFigure(timelines[0]!);
  expect(await renderSvg(spec, strict)).toBe(await renderSvg(spec, strict));
});
