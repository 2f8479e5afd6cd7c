import {join} from 'node:path';
import {Args, Flags} from '@oclif/core';
import {writeFileAtomic} from '../../files/write.ts';
import type {Reproduction} from '../../predict/result.ts';
import {BaseCommand} from '../base.ts';
import {interruptible} from '../interrupt.ts';
import {requireWritable} from '../output.ts';
import {startProgress} from '../progress.ts';
import {readReproduction} from '../reproduction-schema.ts';

type Files = ReadonlyMap<string, string | Uint8Array>;

/** Every figure as Vega-Lite, SVG and PNG, before the first is written. */
const draw = async (reproduction: Reproduction, note: (line: string) => void): Promise<Files> => {
  const {figuresOf} = await import('../../report/figures.ts');
  const {renderPng, renderSvg} = await import('../../report/render.ts');
  const figures = figuresOf(reproduction);
  const progress = startProgress('drawing');
  const files = new Map<string, string | Uint8Array>();
  try {
    for (const [index, {id, spec}] of figures.entries()) {
      progress.update(index, figures.length);
      const svg = await renderSvg(spec, (message) => note(`${id}: ${message}`));
      files.set(`${id}.vl.json`, `${JSON.stringify(spec, null, 2)}\n`);
      files.set(`${id}.svg`, svg);
      files.set(`${id}.png`, renderPng(svg));
    }
  } finally {
    progress.stop();
  }
  return files;
};

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
    const files = await interruptible(() => draw(reproduction, (line) => this.note(line)));
    for (const [name, content] of files) writeFileAtomic(join(flags.out, name), content);
    const paths = [...files.keys()].map((name) => join(flags.out, name));
    for (const path of paths) this.log(path);
    return {files: paths};
  }
}
