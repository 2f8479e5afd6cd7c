/** Figures as files: Vega-Lite → Vega → SVG without a canvas → PNG with our own fonts, so that every machine draws the same. */
import {createRequire} from 'node:module';
import {Resvg} from '@resvg/resvg-js';
import * as vega from 'vega';
import {compile, type TopLevelSpec} from 'vega-lite';

/** Pixels per unit of the SVG. */
const PNG_SCALE = 2;

/** Warnings of the chart compiler and renderer; each is a fault in a figure that the reader should hear of. */
export type Warn = (message: string) => void;

const loggerTo = (warn: Warn): vega.LoggerInterface => {
  const tell = (...parts: readonly unknown[]) => {
    warn(parts.map(String).join(' '));
    return logger;
  };
  const quiet = () => logger;
  const logger = {
    level: () => logger,
    error: tell,
    warn: tell,
    info: quiet,
    debug: quiet,
  } as unknown as vega.LoggerInterface;
  return logger;
};

export const renderSvg = async (spec: TopLevelSpec, warn: Warn): Promise<string> => {
  const logger = loggerTo(warn);
  const {spec: compiled} = compile(spec, {logger});
  const view = new vega.View(vega.parse(compiled), {renderer: 'none', logger});
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
};

const require = createRequire(import.meta.url);
const fontFiles = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((name) => `dejavu-fonts-ttf/ttf/${name}`);

export const renderPng = (svg: string): Uint8Array =>
  new Resvg(svg, {
    fitTo: {mode: 'zoom', value: PNG_SCALE},
    font: {
      fontFiles: fontFiles.map((name) => require.resolve(name)),
      loadSystemFonts: false,
      defaultFontFamily: 'DejaVu Sans',
    },
  })
    .render()
    .asPng();
