/** Flags that change where a system's memory lies, and in which pages. */
import {Errors, Flags} from '@oclif/core';
import {AREAS, type PageRegion, parseRegion} from '../hypervisors/page-regions.ts';
import type {Placement} from '../hypervisors/schema.ts';
import type {PolicyChanges} from '../predict/policy-changes.ts';

const usage = (message: string): never => {
  throw new Errors.CLIError(message);
};

const region = (text: string): PageRegion => {
  try {
    return parseRegion(text);
  } catch (error) {
    return usage((error as RangeError).message);
  }
};

const SOURCE = 'set by hand';
const PLACEMENT = /^(?<policy>contiguous|fragmented|coloured)(?::(?<value>.+))?$/;
const WHOLE = /^\d{1,6}$/;

/** `contiguous`, `fragmented:MEAN`, `coloured:0,1,2`. */
export const parsePlacement = (text: string): Placement => {
  const {policy, value} = PLACEMENT.exec(text)?.groups ?? {};
  if (policy === 'contiguous' && value === undefined) return {policy, source: SOURCE};
  if (policy === 'fragmented' && Number(value) >= 1)
    return {policy, source: SOURCE, meanRun: {value: Number(value), unit: 'pages', kind: 'assumed', source: SOURCE}};
  const colours = value?.split(',') ?? [];
  if (policy === 'coloured' && colours.length > 0 && colours.every((one) => WHOLE.test(one)))
    return {policy, source: SOURCE, colours: colours.map(Number)};
  return usage(
    `'${text}' is none of contiguous, fragmented:PAGES (a run's mean length, at least 1), coloured:NUMBER[,NUMBER]`,
  );
};

const regionFlag = Flags.custom<PageRegion>({
  parse: async (input) => region(input),
  multiple: true,
  multipleNonGreedy: true,
});
const placementFlag = Flags.custom<Placement>({
  parse: async (input) => parsePlacement(input),
  helpValue: 'POLICY',
});

export const policyFlags = {
  'stage1-region': regionFlag({
    helpValue: 'REGION=SIZE',
    description: `page size of a part of every process: FROM-TO=SIZE, or ${Object.keys(AREAS).join(', ')}; may be repeated`,
  }),
  'stage2-region': regionFlag({
    helpValue: 'FROM-TO=SIZE',
    description: 'page size of a part of guest RAM, by intermediate address; may be repeated',
  }),
  placement: placementFlag({
    description: 'where host frames lie: contiguous, fragmented:PAGES, coloured:NUMBER[,NUMBER]; natively, all frames',
  }),
  'guest-placement': placementFlag({description: "the same of the guest's pages in its own memory"}),
};

interface PolicyValues {
  readonly 'stage1-region'?: readonly PageRegion[] | undefined;
  readonly 'stage2-region'?: readonly PageRegion[] | undefined;
  readonly placement?: Placement | undefined;
  readonly 'guest-placement'?: Placement | undefined;
}

export const policyChanges = (flags: PolicyValues): PolicyChanges => ({
  stage1Regions: flags['stage1-region'] ?? [],
  stage2Regions: flags['stage2-region'] ?? [],
  placement: flags.placement,
  guestPlacement: flags['guest-placement'],
});
