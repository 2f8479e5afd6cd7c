/** What every figure of the report is, and how it looks. */
import type {TopLevelSpec} from 'vega-lite';

export interface Figure {
  /** Stem of its files: 'figure-16', 'attribution-1-host-cpu'. */
  readonly id: string;
  /** Of the table that it draws; undefined for the attribution. */
  readonly table: string | undefined;
  readonly title: string;
  readonly spec: TopLevelSpec;
}

/** Text and lines for light or dark paper; kept out of the specs' own configuration where the page chooses (HTML). */
export const figureTheme = (dark: boolean) => {
  const ink = dark ? '#e4e4e4' : '#222222';
  const faint = dark ? '#4a4a4a' : '#dddddd';
  const text = {labelColor: ink, titleColor: ink};
  return {
    font: 'DejaVu Sans, Verdana, sans-serif',
    background: dark ? '#17191c' : '#ffffff',
    view: {stroke: null},
    title: {color: ink, subtitleColor: ink, anchor: 'start', fontSize: 14, subtitleFontSize: 11, offset: 12},
    axis: {...text, gridColor: faint, domainColor: ink, tickColor: ink, labelLimit: 0, titleFontWeight: 'normal'},
    legend: {...text, labelLimit: 0, titleFontWeight: 'normal'},
    header: {...text, labelLimit: 0, labelFontWeight: 'bold'},
    // Marks that carry no SUT's colour: whiskers, the line of no loss.
    rule: {color: ink},
  } as const;
};
