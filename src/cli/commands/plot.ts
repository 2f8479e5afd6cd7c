import {join} from 'node:path';
import {Args, Flags} from '@oclif/core';
import {writeFileAtomic} from '../../files/write.ts';
import {BaseCommand} from '../base.ts';
import {drawFigures} from '../draw-figures.ts';
import {interruptible} from '../interrupt.ts';
import {requireWritable} from '../output.ts';
import {readReproduction} from '../reproduction-schema.ts';

export default class Plot extends BaseCommand {
  static override summary = "Draw the figures of a stored 'reproduce --json' result.";
  static override examples = ['<%= config.bin %> plot result.json --out figures'];
  static override args = {
    result: Args.string({required: true, description: "what 'trapwalk reproduce --json' printed"}),
  };
  static override flags = {
    out: Flags.string({default: 'figures', helpValue: 'DIR', description: 'directory of the figures'}),
  };

  async run(): Promise<object> {
    const {args, flags} = await this.parse(Plot);
    const reproduction = readReproduction(args.result);
    requireWritable(join(flags.out, 'figure'));
    const {figuresOf} = await import('../../report/figures.ts');
    const files = await interruptible(() => drawFigures(figuresOf(reproduction), (line) => this.note(line)));
    for (const [name, content] of files) writeFileAtomic(join(flags.out, name), content);
    const paths = [...files.keys()].map((name) => join(flags.out, name));
    for (const path of paths) this.log(path);
    return {files: paths};
  }
}
