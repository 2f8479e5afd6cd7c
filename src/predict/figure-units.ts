/** The units of published figures: which figure is the better one, and the speed that it stands for. */

export const FIGURE_UNITS = ['dhrystones/s', 'MB/s', 's'] as const;
export type FigureUnit = (typeof FIGURE_UNITS)[number];

/** Rates grow with the speed, times shrink. */
const KINDS: Readonly<Record<FigureUnit, 'rate' | 'time'>> = {'dhrystones/s': 'rate', 'MB/s': 'rate', s: 'time'};

export const lowerIsBetter = (unit: FigureUnit): boolean => KINDS[unit] === 'time';

/** Speed against the host's, 1 where they are as fast: half the rate or twice the time is 0.5. */
export const speedOf = (value: number, host: number, unit: FigureUnit): number =>
  lowerIsBetter(unit) ? host / value : value / host;

/** The figure at `speed` against the host's: the inverse of `speedOf`. */
export const figureAt = (speed: number, host: number, unit: FigureUnit): number =>
  lowerIsBetter(unit) ? host / speed : host * speed;
