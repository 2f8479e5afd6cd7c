import {Flags} from '@oclif/core';
import {InputError} from '../../files/errors.ts';
import {loadCalibration, parameterRows} from '../../predict/calibration.ts';
import type {ParameterRow} from '../../predict/result.ts';
import {formatNumber} from '../../report/format.ts';
import {BaseCommand} from '../base.ts';
import {textTable} from '../text-table.ts';

const HEAD = ['parameter', 'unit', 'kind', 'value', 'lowest', 'highest', 'source'];
const SOURCE_WIDTH = 60;

const optional = (value: number | undefined): string => (value === undefined ? '–' : formatNumber(value));

const text = (rows: readonly ParameterRow[]): string =>
  textTable(
    HEAD,
    rows.map(({id, unit, kind, value, lower, upper, source}) => [
      id,
      unit,
      kind,
      formatNumber(value),
      optional(lower),
      optional(upper),
      source,
    ]),
    {words: 3, lastIsWords: true, widths: [null, null, null, null, null, null, SOURCE_WIDTH]},
  );

export default class Parameters extends BaseCommand {
  static override summary = 'List every number that predictions use, with its origin.';
  static override examples = ['<%= config.bin %> parameters', '<%= config.bin %> parameters --filter dram'];
  static override flags = {
    filter: Flags.string({helpValue: 'TEXT', description: 'only those whose name, unit, kind or source contains TEXT'}),
  };

  async run(): Promise<object> {
    const {flags} = await this.parse(Parameters);
    const wanted = (flags.filter ?? '').toLowerCase();
    const parameters = parameterRows(loadCalibration()).filter(({id, unit, kind, source}) =>
      [id, unit, kind, source].some((field) => field.toLowerCase().includes(wanted)),
    );
    if (parameters.length === 0)
      throw new InputError(`no parameter contains '${flags.filter}'`, {remedy: 'leave --filter out to see all'});
    this.log(text(parameters));
    return {parameters};
  }
}
