import {join} from 'node:path';
import {Flags} from '@oclif/core';
import {writeFileAtomic} from '../../files/write.ts';
import {readHypervisor} from '../../hypervisors/load.ts';
import {lifecyclesOf} from '../../predict/lifecycle.ts';
import {publishedPaths} from '../../predict/microbenchmarks.ts';
import {LIFECYCLE_SUTS} from '../../report/catalogue.ts';
import {lifecycleId, lifecycleTimeline, lifecycleTitle} from '../../report/lifecycle-timeline.ts';
import {lockId, lockTimeline, lockTitle} from '../../report/lock-timeline.ts';
import {timelineFigure} from '../../report/timeline-figure.ts';
import {BaseCommand} from '../base.ts';
import {drawFigures} from '../draw-figures.ts';
import {listFlag, settings} from '../flags.ts';
import {interruptible} from '../interrupt.ts';
import {lifecycleText, publishedText} from '../lifecycle-text.ts';
import {lockSchedules} from '../lock-schedules.ts';
import {lockText} from '../lock-text.ts';
import {requireWritable} from '../output.ts';
import {calibrationWith} from '../parameters.ts';

export default class Figures extends BaseCommand {
  static override summary =
    'Draw what an emulated I/O access and a host interrupt go through under each hypervisor, and what becomes of a lock, in cycles.';
  static override examples = [
    '<%= config.bin %> figures',
    '<%= config.bin %> figures --sut kvm --out lifecycles --set primitives.device=120',
  ];
  static override flags = {
    sut: listFlag({
      helpValue: 'ID[,ID]',
      description: `systems of 'trapwalk hypervisors list' that trap; ${LIFECYCLE_SUTS.join(',')} by default`,
    }),
    out: Flags.string({
      aliases: ['output'],
      default: 'figures',
      helpValue: 'DIR',
      description: 'directory of the figures',
    }),
    set: settings,
  };

  async run(): Promise<object> {
    const {flags} = await this.parse(Figures);
    const {calibration, warnings} = calibrationWith(flags.set ?? []);
    for (const warning of warnings) this.note(warning);
    const {hypervisors, prices, machineFile} = calibration;
    const systems = (flags.sut ?? LIFECYCLE_SUTS).map((id) => hypervisors[id] ?? readHypervisor(id));
    const lifecycles = systems.flatMap((h) => lifecyclesOf(h, prices));
    const published = publishedPaths(systems, prices);
    requireWritable(join(flags.out, 'figure'));
    const schedules = await lockSchedules(
      systems.map(({id}) => id),
      calibration,
    );
    const figures = [...lifecycles.map(lifecycleTimeline), ...schedules.map(lockTimeline)].map(timelineFigure);
    const files = await interruptible(() => drawFigures(figures, (line) => this.note(line)));
    for (const [name, content] of files) writeFileAtomic(join(flags.out, name), content);
    const paths = [...files.keys()].map((name) => join(flags.out, name));
    const texts = [...lifecycles.map(lifecycleText)];
    if (published.length > 0) texts.push(publishedText(published, machineFile.title));
    texts.push(...lockText(schedules));
    this.log([...texts, paths.join('\n')].join('\n\n'));
    return {
      settings: Object.fromEntries(flags.set ?? []),
      lifecycles: lifecycles.map((one) => ({id: lifecycleId(one), title: lifecycleTitle(one), ...one})),
      locks: schedules.map((one) => ({id: lockId(one), title: lockTitle(one), ...one})),
      published,
      files: paths,
    };
  }
}
