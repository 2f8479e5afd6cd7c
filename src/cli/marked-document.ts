/** A Markdown file that a command puts its result into, found fit for that before the work. */
import {InputError} from '../files/errors.ts';
import {readText} from '../files/read.ts';
import {hasMarks, type Marks} from '../report/marked-section.ts';
import {requireWritable} from './output.ts';

/** Its text. @throws InputError when it cannot be read or written, or has no marks. */
export const markedDocument = (file: string, marks: Marks): string => {
  const document = readText(file);
  if (!hasMarks(document, marks))
    throw new InputError('has no marks to put the section between', {file, remedy: `write ${marks.join(' and ')}`});
  requireWritable(file);
  return document;
};
