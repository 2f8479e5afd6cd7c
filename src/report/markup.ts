/** HTML from template literals in which every value is escaped unless it is markup itself. */

export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | Markup | readonly Markup[];

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const render = (value: Value): string => {
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(({text}) => text).join('');
  return escapeHtml(String(value));
};

export const html = (parts: TemplateStringsArray, ...values: readonly Value[]): Markup =>
  new Markup(parts.reduce((text, part, index) => text + render(values[index - 1]!) + part));

/** Data as a script's literal: no `<` can end the script, no line separator its line. */
export const scriptData = (data: unknown): Markup =>
  new Markup(
    JSON.stringify(data).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029'),
  );

/** A script's source within a page: what would end it, or open a comment in it, is broken up inside its string literals. */
export const scriptSource = (source: string): Markup =>
  new Markup(source.replaceAll(/<\/(script)/gi, '<\\/$1').replaceAll('<!--', '<\\!--'));
