/** Figures as files. What draws them is loaded when there is something to draw. */
import type {Figure} from '../report/figure.ts';
import {startProgress} from './progress.ts';

/** Every figure as Vega-Lite, SVG and PNG, before the first is written. */
export const drawFigures = async (
  figures: readonly Figure[],
  note: (line: string) => void,
): Promise<ReadonlyMap<string, string | Uint8Array>> => {
  const {renderPng, renderSvg} = await import('../report/render.ts');
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
