import {pagesText} from '../../../hypervisors/page-regions.ts';
import type {HypervisorFile} from '../../../hypervisors/schema.ts';
import {loadCalibration} from '../../../predict/calibration.ts';
import {BaseCommand} from '../../base.ts';
import {textTable} from '../../text-table.ts';

const text = (systems: readonly HypervisorFile[]): string =>
  textTable(
    ['system', 'what it is', 'design', 'modes', 'stage 1', 'stage 2', 'placement'],
    systems.map(({id, title, design, modes, stage1, stage2, placement}) => [
      id,
      title,
      design,
      modes.join(', ') || '–',
      `${stage1.format} ${pagesText(stage1)}`,
      stage2 === null ? '–' : `${stage2.format} ${pagesText(stage2)}`,
      placement.policy,
    ]),
    {words: 7, widths: [null, 28, null, null, null, null, null]},
  );

export default class HypervisorsList extends BaseCommand {
  static override summary = 'List the systems under test.';
  static override examples = ['<%= config.bin %> hypervisors list'];

  async run(): Promise<object> {
    await this.parse(HypervisorsList);
    const systems = Object.values(loadCalibration().hypervisors);
    this.log(text(systems));
    return {
      systems: systems.map(
        ({id, title, version, design, modes, stage1, stage2, placement, scheduler, build, builds}) => ({
          ...{id, title, version, design, modes, stage1, stage2, placement, scheduler, build},
          builds: Object.keys(builds),
        }),
      ),
    };
  }
}
