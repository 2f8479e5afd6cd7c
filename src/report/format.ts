/** Numbers as the report prints them: grouped thousands, a real minus sign, decimals that suit the unit. */
import type {FigureUnit} from '../predict/figure-units.ts';

const DECIMALS: Readonly<Record<FigureUnit, number>> = {'dhrystones/s': 0, 'MB/s': 1, s: 3};
const SIGNIFICANT_DIGITS = 4;

const fixed = (value: number, decimals: number): string => {
  const text = Math.abs(value).toFixed(decimals);
  const [whole, fraction] = text.split('.') as [string, string?];
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const sign = value < 0 && Number(text) !== 0 ? '−' : '';
  return `${sign}${grouped}${fraction === undefined ? '' : `.${fraction}`}`;
};

const finite = (value: number, text: () => string): string => (Number.isFinite(value) ? text() : '–');

/** 0.01234, 1.234, 123.4, 12,340: four significant digits or all whole ones. */
export const formatNumber = (value: number): string =>
  finite(value, () => {
    if (value === 0) return '0';
    const magnitude = Math.floor(Math.log10(Math.abs(value)));
    if (magnitude < -6) return value.toExponential(2).replaceAll('-', '−');
    return fixed(value, Math.max(0, SIGNIFICANT_DIGITS - 1 - magnitude));
  });

export const formatValue = (value: number, unit: FigureUnit): string =>
  finite(value, () => fixed(value, DECIMALS[unit]));

/** Hundredths: the losses on cache-resident work are tenths of a percent. */
const PERCENT_DECIMALS = 2;
export const formatPercent = (value: number): string => finite(value, () => `${fixed(value, PERCENT_DECIMALS)}%`);

/** With a sign, as errors have. Nothing is signed that rounds to zero. */
export const formatSignedPercent = (value: number): string => {
  const sign = Number(value.toFixed(PERCENT_DECIMALS)) > 0 ? '+' : '';
  return finite(value, () => `${sign}${formatPercent(value)}`);
};

/** A share of a total, in tenths of a percent: what is there but rounds to 0.0% reads '<0.1%'. */
export const formatShare = (part: number, total: number): string => {
  const share = (part / total) * 100;
  return finite(share, () => (part !== 0 && Math.abs(share) < 0.05 ? '<0.1%' : `${fixed(share, 1)}%`));
};

/** '3.1×'. */
export const formatFactor = (value: number): string =>
  finite(value, () => `${value >= 10 ? fixed(value, 0) : fixed(value, 1)}×`);
