/** What an import or export changed, for the person at the terminal. */
import {CHANGES, type Change} from '../trace/formats/changes.ts';
import {formatCount} from './format.ts';

export const changeLines = (changes: Readonly<Partial<Record<Change, number>>>): readonly string[] =>
  Object.entries(changes).map(([name, count]) => `${formatCount(count)} ${CHANGES[name as Change]}`);
