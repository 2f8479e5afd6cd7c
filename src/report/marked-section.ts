/** Sections of Markdown files that a command writes: what stands between two marks, which name the command. */
export type Marks = readonly [begin: string, end: string];

export const marksOf = (command: string): Marks => [
  `<!-- trapwalk ${command}: begin -->`,
  `<!-- trapwalk ${command}: end -->`,
];

export const hasMarks = (markdown: string, [begin, end]: Marks): boolean => {
  const at = markdown.indexOf(begin);
  return at >= 0 && markdown.indexOf(end) > at;
};

/** `markdown`, which {@link hasMarks}, with what is between them replaced. */
export const withMarkedSection = (markdown: string, [begin, end]: Marks, section: string): string => {
  const before = markdown.slice(0, markdown.indexOf(begin) + begin.length);
  return `${before}\n\n${section}\n\n${markdown.slice(markdown.indexOf(end))}`;
};

/** Lines of a table. */
export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
