import {Args, Flags} from '@oclif/core';
import {openTrace} from '../../../trace/read.ts';
import {viewTrace} from '../../../trace/view.ts';
import {BaseCommand} from '../../base.ts';
import {vcpuFlag} from '../../flags.ts';

export default class TraceView extends BaseCommand {
  static override summary = 'Print records of a stored trace.';
  static override examples = ['<%= config.bin %> trace view dhrystone.trace --skip 1000 --count 20'];
  static override args = {file: Args.string({required: true, description: 'a stored trace'})};
  static override flags = {
    skip: Flags.integer({min: 0, default: 0, description: 'records to pass over'}),
    vcpu: vcpuFlag('the vCPU whose records are printed; those of all of them, chunk by chunk, by default'),
    count: Flags.integer({min: 1, default: 40, description: 'records to print, at most'}),
  };

  async run(): Promise<object> {
    const {args, flags} = await this.parse(TraceView);
    const {skip, count, vcpu} = flags;
    const trace = openTrace(args.file, {vcpu});
    try {
      const lines: string[] = [];
      for (const line of viewTrace(trace, {skip, count})) {
        if (this.jsonEnabled()) lines.push(line);
        else this.log(line);
      }
      return {file: args.file, skip, count, lines};
    } finally {
      trace.close();
    }
  }
}
