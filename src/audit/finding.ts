/** What an audit found in a published table. */
import type {AuditCell} from './cells.ts';

export type FindingKind =
  | 'duplicate'
  | 'missing'
  | 'unit'
  | 'magnitude'
  | 'outlier'
  | 'statistic'
  | 'derived'
  | 'claim';

export interface Finding {
  readonly kind: FindingKind;
  /** 'file:line'. */
  readonly place: string;
  /** 'table IV, dhrystone, 1 host CPU, run-1, xvisor'. */
  readonly cell: string;
  readonly message: string;
  /** The figure as printed, and what it should be; null where there is none. */
  readonly stated: number | null;
  readonly computed: number | null;
}

export const placeOf = ({file, line}: AuditCell): string => `${file}:${line}`;

export const titleOf = ({table, benchmark, hostCpus, case: name, sut}: AuditCell): string =>
  `table ${table}, ${benchmark}, ${hostCpus} host CPU${hostCpus === '1' ? '' : 's'}, ${name}, ${sut}`;

export const finding = (
  kind: FindingKind,
  cell: AuditCell,
  message: string,
  computed: number | null = null,
): Finding => ({kind, place: placeOf(cell), cell: titleOf(cell), message, stated: cell.value, computed});

/** In groups by key, in the order of first appearance. */
export const groupedBy = <T>(all: readonly T[], keyOf: (one: T) => string): readonly (readonly T[])[] => {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group) group.push(one);
    else groups.set(keyOf(one), [one]);
  }
  return [...groups.values()];
};

/** A key that no text within a field can imitate. */
export const key = (...parts: readonly string[]): string => JSON.stringify(parts);
