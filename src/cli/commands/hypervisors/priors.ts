import {loadCalibration} from '../../../predict/calibration.ts';
import {pathPriorRows, readPathPriors} from '../../../predict/path-priors.ts';
import {BaseCommand} from '../../base.ts';
import {formatCount} from '../../format.ts';
import {textTable} from '../../text-table.ts';

const HEADER = ['system', 'build', 'path', 'all lines\nhit', 'lines\nfrom L2', 'low', 'middle', 'high', 'price is'];

export default class HypervisorsPriors extends BaseCommand {
  static override summary =
    'Show the price of each path beside what it should cost by its prior, and what lies outside.';
  static override examples = ['<%= config.bin %> hypervisors priors'];

  async run(): Promise<object> {
    await this.parse(HypervisorsPriors);
    const priors = readPathPriors();
    const rows = pathPriorRows(priors, loadCalibration());
    const outside = rows.filter(({verdict}) => verdict !== 'within').length;
    const table = rows.map(({system, build, path, allHits, linesFromL2, low, middle, high, verdict}) => [
      system,
      build,
      path,
      ...[allHits, linesFromL2, low, middle, high].map((cycles) => formatCount(Math.round(cycles))),
      verdict,
    ]);
    this.log(
      [
        'Cycles of one execution, beside the prior of the same',
        textTable(HEADER, table, {words: 3}),
        `${outside} of ${rows.length} outside their range; ${priors.linesFromL2.value} of the lines from L2 (${priors.linesFromL2.source})`,
        `source of the priors: ${priors.source}`,
      ].join('\n'),
    );
    return {source: priors.source, shareOfLinesFromL2: priors.linesFromL2, rows, outside};
  }
}
