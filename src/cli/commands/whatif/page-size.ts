import {Args} from '@oclif/core';
import {systemWith} from '../../../predict/policy-changes.ts';
import {pageSizeList, pageSizeSystems} from '../../../predict/replay-report.ts';
import {storedHeader} from '../../../trace/read.ts';
import {BaseCommand} from '../../base.ts';
import {listFlag, replayFlags, suts} from '../../flags.ts';
import {pageSizeNotes, pageSizeRows, pageSizeText} from '../../page-size-text.ts';
import {calibrationWith} from '../../parameters.ts';
import {policyChanges, policyFlags} from '../../policy-flags.ts';
import {replaySubject, requestOf} from '../../replay-source.ts';
import {isTrace} from '../../stored-trace.ts';

const DEFAULT_STAGE1 = ['4K', '64K', '2M'];

const isOfMachine = (subject: string): boolean => isTrace(subject) && storedHeader(subject).machine !== undefined;

export default class WhatifPageSize extends BaseCommand {
  static override summary = 'Sweep the page sizes of both translation stages.';
  static override description =
    'Every combination is replayed in one pass over the trace. Loss is against the first row, so put first what you have now.';
  static override usage = 'whatif page-size TRACE|GUEST --sut ID[,ID] [FLAGS] [-- ARGS]';
  static override examples = [
    '<%= config.bin %> whatif page-size stream --sut kvm --stage1 4K,2M --stage2 4K,2M -- 2 200000 csat s',
  ];
  static override args = {
    subject: Args.string({
      required: true,
      description: "a guest of 'trapwalk guests', the path of an ELF file, or a stored trace",
    }),
  };
  static override flags = {
    sut: suts(true),
    stage1: listFlag({
      helpValue: '4K,64K,2M',
      description: "page sizes of the guest; 4K, 64K and 2M by default, and what its kernel maps in a machine's trace",
    }),
    stage2: listFlag({
      default: async () => ['4K', '2M'],
      helpValue: '4K,2M,1G',
      description: 'page sizes of the hypervisor',
    }),
    ...replayFlags,
    ...policyFlags,
  };

  async run(): Promise<object> {
    const guestArguments = this.takeGuestArguments();
    const {args, flags} = await this.parse(WhatifPageSize);
    const {calibration, warnings} = calibrationWith(flags.set ?? []);
    for (const warning of warnings) this.note(warning);
    const changes = policyChanges(flags);
    const stage1 = flags.stage1 ?? (isOfMachine(args.subject) ? undefined : DEFAULT_STAGE1);
    const stage2 = pageSizeList(flags.stage2);
    const systems = pageSizeSystems(
      calibration,
      flags.sut ?? [],
      stage1 && pageSizeList(stage1),
      stage2,
      flags.seed,
    ).map((system) => systemWith(calibration, system, changes));
    const {source, header, sampled, reports} = await replaySubject({
      ...requestOf(args.subject, guestArguments, flags),
      systems,
      calibration,
      note: (line) => this.note(line),
    });
    const rows = pageSizeRows(reports);
    const notes = pageSizeNotes(rows);
    this.log(pageSizeText(reports, sampled));
    for (const note of notes) this.log(`Note: ${note}.`);
    return {source, header, settings: Object.fromEntries(flags.set ?? []), changes, sampled, rows, notes, reports};
  }
}
