/** The report's directory: index.html, result.json and each figure as Vega-Lite, SVG and PNG. */
import {join} from 'node:path';
import {InputError} from '../files/errors.ts';
import {AtomicFile} from '../files/write.ts';
import type {Reproduction} from '../predict/result.ts';
import {figuresOf} from './figures.ts';
import {htmlReport} from './html.ts';
import {renderPng, renderSvg, type Warn} from './render.ts';

/** The report could not be written; none of its files was. */
export class ReportError extends InputError {
  override readonly name = 'ReportError';
}

type Contents = ReadonlyMap<string, string | Uint8Array>;

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Every file by its path within the directory. */
const renderReport = async (reproduction: Reproduction, warn: Warn): Promise<Contents> => {
  const contents = new Map<string, string | Uint8Array>();
  for (const {id, spec} of figuresOf(reproduction)) {
    const svg = await renderSvg(spec, (message) => warn(`${id}: ${message}`));
    contents.set(`figures/${id}.vl.json`, json(spec));
    contents.set(`figures/${id}.svg`, svg);
    contents.set(`figures/${id}.png`, renderPng(svg));
  }
  contents.set('result.json', json(reproduction));
  // Last, so that a page never stands beside figures of an older result.
  contents.set('index.html', htmlReport(reproduction));
  return contents;
};

/** All files get their content under temporary names before the first gets its own. */
const writeAll = (directory: string, contents: Contents): void => {
  const files: AtomicFile[] = [];
  try {
    for (const [path, content] of contents) {
      const file = new AtomicFile(join(directory, path));
      files.push(file);
      file.write(content);
    }
    for (const file of files) file.commit();
  } catch (error) {
    for (const file of files) file.discard();
    if (!(error instanceof InputError)) throw error;
    throw new ReportError('the report cannot be written here', {
      file: directory,
      remedy: `choose a directory that you can write to (${error.message})`,
    });
  }
};

/** Writes the report into `directory`, made if need be; returns the paths of its files within it. @throws ReportError */
export const writeReport = async (
  directory: string,
  reproduction: Reproduction,
  warn: Warn,
): Promise<readonly string[]> => {
  const contents = await renderReport(reproduction, warn);
  writeAll(directory, contents);
  return [...contents.keys()];
};
