import {Args, Flags} from '@oclif/core';
import {type Audit, audit} from '../../audit/audit.ts';
import type {Finding} from '../../audit/finding.ts';
import {BaseCommand} from '../base.ts';

/** Of a command that did its work and found what the user does not want. */
const DISAGREES = 3;
const DEVIATIONS = 5;

const line = ({place, kind, cell, message}: Finding): string => `${place}: ${kind}: ${cell}: ${message}`;

const claimLine = ({id, says, cases, holds, ties}: Audit['claims'][number]): string =>
  cases === 0
    ? `claim ${id} (${says}): not tested, no such table was given`
    : `claim ${id} (${says}): holds on ${holds} of ${cases} cases${ties === 0 ? '' : `, ${ties} within the printed digits`}`;

const text = ({files, findings, claims, disagreements}: Audit): string =>
  [
    ...files.map(({file, cells}) => `${file}: ${cells} cells`),
    ...findings.map(line),
    ...claims.flatMap((claim) => [claimLine(claim), ...claim.findings.map((one) => `  ${line(one)}`)]),
    `${disagreements} disagreements`,
  ].join('\n');

export default class AuditTables extends BaseCommand {
  static override summary = 'Recompute what published tables state, and test what is concluded from them.';
  static override description =
    'Checks averages and derived columns within the rounding of printed digits, doubles, missing cells, units, outliers of repeated runs, and claims case by case. The form of files and rules: docs/audit.md.';
  static override examples = [
    '<%= config.bin %> audit calibration/published/first-vector.csv',
    '<%= config.bin %> audit mine.csv --rules mine.yaml --strict',
  ];
  static override strict = false;
  static override args = {
    files: Args.string({
      name: 'files',
      required: true,
      description: 'CSV of published cells: table,benchmark,host_cpus,case,sut,value,unit; more may follow',
    }),
  };
  static override flags = {
    rules: Flags.string({
      helpValue: 'FILE',
      description: 'units, statistics, forms and claims; calibration/published/claims.yaml by default',
    }),
    deviations: Flags.integer({
      min: 1,
      default: DEVIATIONS,
      helpValue: 'K',
      description: 'a repeated run more than K median absolute deviations from the median is an outlier',
    }),
    strict: Flags.boolean({description: `exit with ${DISAGREES} where anything disagrees`}),
  };

  async run(): Promise<object> {
    const {argv, flags} = await this.parse(AuditTables);
    const result = audit({files: argv as string[], rules: flags.rules, deviations: flags.deviations});
    this.log(text(result));
    if (flags.strict && result.disagreements > 0) process.exitCode = DISAGREES;
    return result;
  }
}
