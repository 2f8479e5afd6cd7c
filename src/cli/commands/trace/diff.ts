import {Args, Flags} from '@oclif/core';
import {type Comparison, type Difference, diffTraces} from '../../../trace/diff.ts';
import {openTrace} from '../../../trace/read.ts';
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

export default class TraceDiff extends BaseCommand {
  static override summary = 'Show where two stored traces first differ; exit code 1 when they do, 2 for trouble.';
  static override description =
    'Compares records, and blocks by what they hold: how a file numbers its blocks, cuts its chunks and describes itself in its header is no difference.';
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
    const progress = startProgress('comparing');
    const first = openTrace(args.first);
    const second = openTrace(args.second);
    try {
      const comparison = diffTraces(first, second, {context: flags.context, onChunk: progress.words()});
      progress.stop();
      this.log(text([args.first, args.second], comparison));
      if (comparison.difference !== undefined) process.exitCode = DIFFERENT;
      return {files: [args.first, args.second], same: comparison.difference === undefined, ...comparison};
    } finally {
      progress.stop();
      first.close();
      second.close();
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
