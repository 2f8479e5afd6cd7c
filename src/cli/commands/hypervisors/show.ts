import {Args, Flags} from '@oclif/core';
import {readHypervisor} from '../../../hypervisors/load.ts';
import {loadCalibration} from '../../../predict/calibration.ts';
import {BaseCommand} from '../../base.ts';
import {buildText, chooseBuild, hypervisorText, priceBuild} from '../../hypervisor-text.ts';

export default class HypervisorsShow extends BaseCommand {
  static override summary = 'Show one system: taxonomy, policies, activities, paths with their price, steps, sources.';
  static override examples = [
    '<%= config.bin %> hypervisors show xvisor',
    '<%= config.bin %> hypervisors show xvisor --build O2',
  ];
  static override args = {
    system: Args.string({required: true, description: "a system of 'trapwalk hypervisors list'"}),
  };
  static override flags = {
    build: Flags.string({helpValue: 'NAME', description: 'paths of another build than the one in use'}),
  };

  async run(): Promise<object> {
    const {args, flags} = await this.parse(HypervisorsShow);
    const calibration = loadCalibration();
    const system = calibration.hypervisors[args.system] ?? readHypervisor(args.system);
    const build = chooseBuild(system, flags.build);
    const own = build && priceBuild(...build, calibration);
    const kernel = priceBuild(calibration.kernel.build.id, calibration.kernel.build, calibration);
    const texts = [...(own ? [buildText('Build', own)] : []), buildText('Guest kernel', kernel)];
    this.log(hypervisorText(system, texts));
    const {builds, ...rest} = system;
    return {...rest, builds: Object.keys(builds), shown: own ?? null, kernel};
  }
}
