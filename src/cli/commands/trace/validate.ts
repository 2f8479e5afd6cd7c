import {statSync} from 'node:fs';
import {Args, Flags} from '@oclif/core';
import type {InputError} from '../../../files/errors.ts';
import {openTrace} from '../../../trace/read.ts';
import {type Validation, validateTrace} from '../../../trace/validate.ts';
import {storeTrace} from '../../../trace/write.ts';
import {BaseCommand} from '../../base.ts';
import {fieldList, formatCount} from '../../format.ts';
import {interruptible} from '../../interrupt.ts';
import {requireWritable} from '../../output.ts';
import {startProgress} from '../../progress.ts';

const resultOf = ({damage, violations}: Validation): string =>
  damage !== undefined ? 'damaged' : violations.length > 0 ? 'breaks rules of the format' : 'valid';

const text = (path: string, bytes: number, validation: Validation): string => {
  const {version, checked, violations, broken} = validation;
  const fields = fieldList([
    ['trace', path],
    ['bytes', formatCount(bytes)],
    ['format version', version === undefined ? 'not read' : String(version)],
    ['checked', 'lengths, checksums, index, block dictionary, records'],
    ...Object.entries(checked).map(([what, count]) => [what, formatCount(count)] as const),
    ...Object.entries(broken).map(([rule, count]) => [`broken ${rule}`, formatCount(count)] as const),
    ['result', resultOf(validation)],
  ]);
  const listed = violations.map(
    ({rule, record, message}) => `${record < 0 ? 'block table' : `record ${record}`}: ${rule}: ${message}`,
  );
  return [fields, ...listed].join('\n');
};

const describeDamage = ({message, place, remedy}: InputError) => ({message, place, remedy});

export default class TraceValidate extends BaseCommand {
  static override summary = 'Check all of a stored trace; exit code 1 when it is damaged or breaks a rule.';
  static override description =
    'Reads every section against its length and checksum, the index against the chunks, and every record against the rules of the format. Damage is named by chunk and byte.';
  static override examples = [
    '<%= config.bin %> trace validate dhrystone.trace',
    '<%= config.bin %> trace validate torn.trace --salvage whole.trace',
  ];
  static override args = {file: Args.string({required: true, description: 'a stored trace'})};
  static override flags = {
    salvage: Flags.string({
      helpValue: 'FILE',
      description: 'of a damaged trace, write the whole chunks before the damage to a trace of their own',
    }),
  };

  async run(): Promise<object> {
    const {args, flags} = await this.parse(TraceValidate);
    if (flags.salvage !== undefined) requireWritable(flags.salvage);
    const progress = startProgress('checking');
    const validation = (() => {
      try {
        return validateTrace(args.file, progress.words());
      } finally {
        progress.stop();
      }
    })();
    const bytes = statSync(args.file).size;
    this.log(text(args.file, bytes, validation));
    const {damage, violations} = validation;
    if (damage !== undefined) this.note(`trapwalk: ${damage.message}`);
    const salvaged = flags.salvage === undefined ? undefined : await this.#salvage(args.file, flags.salvage, damage);
    if (damage !== undefined || violations.length > 0) process.exitCode = 1;
    return {
      ...{file: args.file, bytes, valid: damage === undefined && violations.length === 0, ...validation},
      damage: damage && describeDamage(damage),
      ...(salvaged === undefined ? {} : {salvaged}),
    };
  }

  async #salvage(file: string, output: string, damage: InputError | undefined): Promise<object | undefined> {
    if (damage === undefined) {
      this.note(`${file} is whole: ${output} is not written`);
      return undefined;
    }
    const trace = openTrace(file, {salvage: true});
    try {
      const counts = await interruptible((signal) => storeTrace(output, trace, {signal}));
      const {chunks, instructions} = counts;
      this.note(`${output}: ${formatCount(instructions)} instructions, ${formatCount(chunks)} chunks`);
      return {output, counts};
    } finally {
      trace.close();
    }
  }
}
