import {Args, Flags} from '@oclif/core';
import {type Comparison, type Difference, type DiffOptions, diffTraces} from '../../../trace/diff.ts';
import {openTrace, type StoredTrace} from '../../../trace/read.ts';
import {BaseCommand} from '../../base.ts';
import {fieldList, formatCount} from '../../format.ts';
import {startProgress} from '../../progress.ts';

/** As diff(1): differences are 1, so trouble is more. */
const DIFFERENT = 1;
const TROUBLE = 2;

const hunk = ({record, instruction, before, first, second}: Difference): string =>
  [
    `@@ record ${formatCount(record)}, instruction ${formatCount(instruction)} @@`,
    ...before.map((line) => ` ${line}`),
    ...(first.length > 0 ? first : ['the trace ends here']).map((line) => `-${line}`),
    ...(second.length > 0 ? second : ['the trace ends here']).map((line) => `+${line}`),
  ].join('\n');

const text = (names: readonly [string, string], {difference, first, second, header}: Comparison): string => {
  const side = ({records, instructions, accesses}: Comparison['first']) =>
    `${formatCount(records)} records, ${formatCount(instructions)} instructions, ${formatCount(accesses)} accesses`;
  return [
    fieldList([
      ['-', `${names[0]}: ${side(first)}`],
      ['+', `${names[1]}: ${side(second)}`],
      ['headers differ in', header.length === 0 ? 'nothing' : header.join(', ')],
    ]),
    difference === undefined ? 'the same records' : hunk(difference),
  ].join('\n');
};

const openBoth = (files: readonly [string, string], vcpu: number): readonly [StoredTrace, StoredTrace] => {
  const first = openTrace(files[0], {vcpu});
  try {
    return [first, openTrace(files[1], {vcpu})];
  } catch (error) {
    first.close();
    throw error;
  }
};

/** By vCPU that both have. */
const compareStreams = (files: readonly [string, string], options: DiffOptions): readonly Comparison[] => {
  const comparisons: Comparison[] = [];
  for (let vcpu = 0, vcpus = 1; vcpu < vcpus; vcpu++) {
    const [first, second] = openBoth(files, vcpu);
    try {
      vcpus = Math.min(first.header.vcpus, second.header.vcpus);
      comparisons.push(diffTraces(first, second, options));
    } finally {
      first.close();
      second.close();
    }
  }
  return comparisons;
};

export default class TraceDiff extends BaseCommand {
  static override summary = 'Show where two stored traces first differ; exit code 1 when they do, 2 for trouble.';
  static override description =
    'Compares records, vCPU by vCPU, and blocks by what they hold: how a file numbers its blocks, cuts its chunks and describes itself in its header is no difference.';
  static override examples = ['<%= config.bin %> trace diff before.trace after.trace --context 5'];
  static override args = {
    first: Args.string({required: true, description: 'a stored trace'}),
    second: Args.string({required: true, description: 'another'}),
  };
  static override flags = {
    context: Flags.integer({min: 0, default: 3, description: 'records shown before and behind the difference'}),
  };

  async run(): Promise<object> {
    const {args, flags} = await this.parse(TraceDiff);
    const files = [args.first, args.second] as const;
    const progress = startProgress('comparing');
    try {
      const onChunk = progress.words();
      const streams = compareStreams(files, {context: flags.context, onChunk});
      progress.stop();
      for (const [vcpu, comparison] of streams.entries()) {
        if (streams.length > 1) this.log(`vCPU ${vcpu}`);
        this.log(text(files, comparison));
      }
      const same = streams.every(({difference, header}) => difference === undefined && !header.includes('vcpus'));
      if (!same) process.exitCode = DIFFERENT;
      return {files, same, ...(streams.length === 1 ? streams[0] : {streams})};
    } finally {
      progress.stop();
    }
  }

  protected override async catch(error: Error): Promise<never> {
    try {
      return await super.catch(error);
    } catch (exit) {
      const code = (exit as {oclif?: {exit?: number}}).oclif?.exit;
      return code === DIFFERENT ? this.exit(TROUBLE) : Promise.reject(exit);
    }
  }
}
