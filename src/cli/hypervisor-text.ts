/** A hypervisor as `hypervisors show` prints it. */
import {type PathItem, pricePath} from '../costmodel/prices.ts';
import {InputError} from '../files/errors.ts';
import {nearest} from '../files/nearest.ts';
import {pagesText} from '../hypervisors/page-regions.ts';
import type {Build, Part, Path} from '../hypervisors/path-schema.ts';
import type {Delivery, Executed, Scheduler} from '../hypervisors/schedule-schema.ts';
import type {Activity, HypervisorFile, Placement} from '../hypervisors/schema.ts';
import type {Parameter} from '../parameters/parameter.ts';
import type {Calibration} from '../predict/calibration.ts';
import {formatNumber} from '../report/format.ts';
import {fieldList, formatCount} from './format.ts';
import {type Row, textTable} from './text-table.ts';

export interface PricedPath extends Path {
  readonly name: string;
  /** One execution, every line a hit. */
  readonly cycles: number;
  readonly cyclesByPrimitive: Readonly<Record<PathItem['primitive'], number>>;
  /** Cache lines that it touches. */
  readonly codeLines: number;
  readonly dataLines: number;
}

export interface PricedBuild {
  readonly name: string;
  readonly build: Build;
  readonly paths: readonly PricedPath[];
}

const price = (name: string, path: Path, build: Build, {prices, machineFile}: Calibration): PricedPath => {
  const items = pricePath(path, build.cyclesPerInstruction.value, prices);
  const {l1i, l1d} = machineFile.caches;
  return {
    name,
    ...path,
    cycles: items.reduce((sum, {cycles}) => sum + cycles, 0),
    cyclesByPrimitive: Object.fromEntries(
      items.map(({primitive, cycles}) => [primitive, cycles]),
    ) as PricedPath['cyclesByPrimitive'],
    codeLines: Math.ceil(path.code / l1i.line.value),
    dataLines: Math.ceil(path.data / l1d.line.value),
  };
};

export const priceBuild = (name: string, build: Build, calibration: Calibration): PricedBuild => ({
  name,
  build,
  paths: Object.entries(build.paths).map(([path, counts]) => price(path, counts, build, calibration)),
});

/** The build called `name`, or the one in use; undefined for a system that has none. @throws InputError naming the choices. */
export const chooseBuild = (
  h: HypervisorFile,
  name: string | undefined,
): readonly [name: string, build: Build] | undefined => {
  const wanted = name ?? h.build;
  const build = h.builds[wanted];
  if (build) return [wanted, build];
  const known = Object.keys(h.builds);
  if (name === undefined && known.length === 0) return undefined;
  const guess = nearest(wanted, known);
  const choices = known.length === 0 ? 'it has none' : `choose from ${known.join(', ')}`;
  throw new InputError(`'${h.id}' has no build '${wanted}'`, {
    remedy: guess === undefined ? choices : `did you mean '${guess}'?`,
  });
};

const stage1Text = ({stage1}: HypervisorFile): string => {
  const {format, placement, taskSwitch} = stage1;
  return [
    `${format}, ${pagesText(stage1)} pages`,
    ...(placement ? [`placement ${placementText(placement)}`] : []),
    ...(taskSwitch === 'flush' ? ['TLB flushed at task switches'] : []),
  ].join('; ');
};

export const stage2Text = ({stage2}: HypervisorFile): string =>
  stage2 === null
    ? 'none'
    : `${stage2.format} from level ${stage2.startLevel}, ${stage2.inputBits}-bit IPA, ${pagesText(stage2)} pages`;

const PLACEMENT_TEXT: {
  readonly [Policy in Placement['policy']]: (placement: Extract<Placement, {policy: Policy}>) => string;
} = {
  contiguous: () => 'contiguous',
  fragmented: ({meanRun}) => `fragmented, runs of ${meanRun.value} ${meanRun.unit} on average`,
  coloured: ({colours}) => `frames of L2 ${colours.length === 1 ? 'colour' : 'colours'} ${colours.join(', ')}`,
};
const placementText = (placement: Placement): string =>
  (PLACEMENT_TEXT[placement.policy] as (placement: Placement) => string)(placement);

const SCHEDULER_TEXT: {
  readonly [Policy in Scheduler['policy']]: (scheduler: Extract<Scheduler, {policy: Policy}>) => string;
} = {
  none: () => 'none',
  'round-robin': ({slice}) => `round robin on each CPU, slices of ${withUnit(slice)}`,
  fair: ({latency, minimumGranularity, wakeupGranularity, tick}) =>
    `fair (CFS), latency ${withUnit(latency)}, granularity ${withUnit(minimumGranularity)}, at wake-ups ${withUnit(wakeupGranularity)}; ticks of ${withUnit(tick)}`,
  credit: ({slice, tick, accounting, rateLimit, boosts}) =>
    `credit, slices of ${withUnit(slice)}, ticks of ${withUnit(tick)}, accounting every ${withUnit(accounting)}, rate limit ${withUnit(rateLimit)}${boosts ? ', boost' : ''}`,
};
const withUnit = ({value, unit}: Parameter): string => `${value} ${unit}`;
const schedulerText = (scheduler: Scheduler): string =>
  (SCHEDULER_TEXT[scheduler.policy] as (scheduler: Scheduler) => string)(scheduler);

const DELIVERY_TEXT = {
  kicksRunning: ['kicks a vCPU that runs', 'kicks no vCPU that runs'],
  yieldsAtWfe: ['yields at WFE', 'WFE not trapped'],
  maintenance: ['maintenance interrupts', 'no maintenance interrupts'],
} as const;
const deliveryText = (delivery: Delivery): string =>
  Object.entries(DELIVERY_TEXT)
    .map(([key, [yes, no]]) => (delivery[key as keyof typeof DELIVERY_TEXT] ? yes : no))
    .join(', ');

const header = (h: HypervisorFile): string =>
  fieldList([
    ['system', `${h.id}: ${h.title}, ${h.version}`],
    ['design', h.design],
    ['modes', h.modes.join(', ') || 'none'],
    ['stage 1', stage1Text(h)],
    ['', `source: ${h.stage1.source}`],
    ['stage 2', stage2Text(h)],
    ...(h.stage2 ? [['', `source: ${h.stage2.source}`] as const] : []),
    ['placement', placementText(h.placement)],
    ['', `source: ${h.placement.source}`],
    ['scheduler', schedulerText(h.scheduler)],
    ['', `source: ${h.scheduler.source}`],
    ...(h.delivery
      ? [['delivery', deliveryText(h.delivery)] as const, ['', `source: ${h.delivery.source}`] as const]
      : []),
    ...(h.service ? [['service', h.service.title] as const, ['', `source: ${h.service.source}`] as const] : []),
    ['traps', h.traps.join(', ') || 'none'],
    [
      'builds',
      Object.keys(h.builds)
        .map((name) => (name === h.build ? `${name} (in use)` : name))
        .join(', ') || 'none',
    ],
  ]);

const activityRow = ({id, title, rate, shareOfTwoCpus, paths}: Activity): Row => [
  `${id}\n(${title})`,
  paths.join('\n'),
  rate.kind,
  `${formatNumber(rate.value)} ${rate.unit}`,
  rate.lower === undefined || rate.upper === undefined ? '–' : `${rate.lower} to ${rate.upper}`,
  formatNumber(shareOfTwoCpus),
];

const activityTable = (activities: readonly Activity[]): string =>
  [
    'Activities: what recurs on the CPU of the benchmark',
    textTable(['activity', 'paths', 'kind', 'rate', 'bounds', 'share with two CPUs'], activities.map(activityRow), {
      words: 3,
      widths: [34, null, null, null, null, null],
    }),
    ...activities.map(({id, rate, source}) => `  ${id}: rate ${rate.source}; ${source}`),
  ].join('\n');

const executedRow = (kind: string, name: string, {paths, service}: Executed): Row => [
  kind,
  name,
  paths.join('\n'),
  service?.join('\n') ?? '–',
];

const executedTable = ({exits, transitions}: HypervisorFile): string => {
  const rows = [
    ...Object.entries(exits).flatMap(([name, exit]) => [
      executedRow('exit', name, exit),
      ...Object.entries(exit.variants).map(([variant, other]) => executedRow('', `${name}, ${variant}`, other)),
    ]),
    ...Object.entries(transitions).map(([name, executed]) => executedRow('transition', name, executed)),
  ];
  return [
    'Exits and transitions: what each event of a vCPU takes',
    textTable(['kind', 'event', 'paths', 'of the service'], rows, {words: 4}),
    ...Object.entries({...exits, ...transitions}).map(([name, {source}]) => `  ${name}: ${source}`),
  ].join('\n');
};

const COUNTS = [
  'path',
  'instructions',
  'device',
  'barriers',
  'registers',
  'mode\nswitches',
  'code\nlines',
  'data\nlines',
];
const CYCLES = ['path', 'cycles', 'instructions', 'device', 'barriers', 'registers', 'mode switches'];

const countRow = (p: PricedPath): Row => [
  p.name,
  ...[
    p.instructions,
    p.device,
    p.barriers + p.instructionBarriers,
    p.systemRegisters,
    p.modeSwitches,
    p.codeLines,
    p.dataLines,
  ].map(formatCount),
];
const cycleRow = ({name, cycles, cyclesByPrimitive: by}: PricedPath): Row => [
  name,
  ...[cycles, by.instructions, by.device, by.barriers, by.systemRegisters, by.modeSwitches].map(formatNumber),
];

const stretchText = (name: string, {from, to, build, as}: Exclude<Part, {add: number}>): string =>
  [
    name,
    ...(from === undefined ? [] : [`from ${from}`]),
    ...(to === undefined ? [] : [`to ${to}`]),
    ...(build === undefined ? [] : [`of ${build}`]),
    ...(as === undefined ? [] : [`in proportion of ${as}`]),
  ].join(' ');

const partText = (part: Part): string => {
  if ('add' in part) return `+ ${part.add} (${part.for})`;
  return 'of' in part ? `+ ${stretchText(part.of, part)}` : `− ${stretchText(part.less, part)}`;
};

const stepLines = ({name, kind, source, steps, note, parts, rounded}: PricedPath): readonly string[] => [
  `${name} (${kind}): ${source}${note === undefined ? '' : `; ${note}`}`,
  ...(parts === undefined
    ? []
    : [
        `  = ${parts.map(partText).join(' ').replace(/^\+ /, '')}${rounded === undefined ? '' : `, within ${rounded}`}`,
      ]),
  ...steps.map(
    ({at, do: what, device, in: context}) =>
      `  ${String(at).padStart(6)}  ${what}${context === 'hypervisor' ? '' : `  (${context})`}${device === undefined ? '' : `  [${device}]`}`,
  ),
];

export const buildText = (title: string, {name, build, paths}: PricedBuild): string => {
  const {cyclesPerInstruction: cpi} = build;
  const steps = paths.flatMap(stepLines);
  return [
    `${title} ${name} (${build.title}; ${build.kind}: ${build.source})`,
    'Paths: counts of one execution',
    textTable(COUNTS, paths.map(countRow)),
    `Paths: cycles of one execution, every line a hit; ${formatNumber(cpi.value)} cycles per instruction (${cpi.kind}: ${cpi.source})`,
    textTable(CYCLES, paths.map(cycleRow)),
    'Sources and parts of each path; its steps, each with the instruction at which it starts, and where it runs if not in the hypervisor',
    ...steps,
  ].join('\n');
};

export const hypervisorText = (h: HypervisorFile, builds: readonly string[]): string => {
  const facts = h.facts.map((fact) => `  ${fact}`);
  return [
    header(h),
    activityTable(h.activities),
    ...(Object.keys(h.transitions).length === 0 ? [] : [executedTable(h)]),
    ...(facts.length === 0 ? [] : [['Facts', ...facts].join('\n')]),
    ...builds,
  ].join('\n\n');
};
