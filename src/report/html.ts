/** The report as one page that needs no network: styles, chart library and data stand in it. */
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import type {Reproduction} from '../predict/result.ts';
import {type ReportTable, tablesOf} from './catalogue.ts';
import {type Figure, figureTheme} from './figure.ts';
import {figuresOf} from './figures.ts';
import {html, Markup, scriptData, scriptSource} from './markup.ts';
import {
  type AttributionTable,
  attributionTables,
  cellLegend,
  cellText,
  ERROR_COLUMNS,
  errorCells,
  errorNotes,
  fittedStatement,
  orderParameters,
  PARAMETER_COLUMNS,
  parameterCells,
  RECORDED_NOTE,
  recordedTables,
} from './rows.ts';
import {STYLE} from './style.ts';
import {coverageStatement, fitStatement, PAIRS_NOTE, VALIDATION_COLUMNS, validationRows} from './validation-table.ts';

const require = createRequire(import.meta.url);

/** The browser build of a chart package; all three lie beside the package's main file. */
const bundle = (name: string): Markup =>
  scriptSource(readFileSync(join(dirname(require.resolve(name)), `${name}.min.js`), 'utf8'));

/** Draws every figure, again when the reader's system turns dark or light; `data-drawn` counts what is drawn. */
const DRAW = `
const dark = matchMedia('(prefers-color-scheme: dark)');
const draw = async () => {
  document.body.dataset.drawn = '0';
  for (const {id, spec} of FIGURES) {
    await vegaEmbed('#' + id, spec, {
      renderer: 'svg',
      config: dark.matches ? THEMES.dark : THEMES.light,
      actions: {export: true, source: false, compiled: false, editor: false},
    });
    document.body.dataset.drawn = String(Number(document.body.dataset.drawn) + 1);
  }
};
dark.addEventListener('change', draw);
draw();
`;

const scripts = (figures: readonly Figure[]): Markup => {
  const data = figures.map(({id, spec}) => ({id, spec: {...spec, config: undefined}}));
  const themes = {light: figureTheme(false), dark: figureTheme(true)};
  return html`<script>${bundle('vega')}</script>
<script>${bundle('vega-lite')}</script>
<script>${bundle('vega-embed')}</script>
<script>const FIGURES = ${scriptData(data)};
const THEMES = ${scriptData(themes)};
${scriptSource(DRAW)}</script>`;
};

interface GridOptions {
  /** Columns whose text is set left, besides the first. */
  readonly text?: readonly number[];
}

const grid = (
  head: readonly string[],
  rows: readonly {readonly kind?: string; readonly cells: readonly (string | Markup)[]}[],
  {text = []}: GridOptions = {},
): Markup => {
  const mark = (column: number): string => (text.includes(column) ? 'text' : 'number');
  const headCells = head.map((cell, column) => html`<th class="${mark(column)}">${cell}</th>`);
  const bodyRows = rows.map(({kind, cells}) => {
    const data = cells.map((cell, column) => html`<td class="${mark(column)}">${cell}</td>`);
    return html`<tr class="${kind ?? 'plain'}">${data}</tr>\n`;
  });
  return html`<div class="scroll"><table><thead><tr>${headCells}</tr></thead>\n<tbody>${bodyRows}</tbody></table></div>`;
};

const paperTable = (table: ReportTable): Markup => {
  const rows = table.cases.map((name) => ({
    cells: [
      name,
      ...table.suts.map((sut) => {
        const text = cellText(table, name, sut);
        return text === undefined ? '–' : html`${text.predicted}<small>${text.beside}</small>`;
      }),
    ],
  }));
  return html`<p class="note">Each cell: ${cellLegend(table)}.</p>${grid(['case', ...table.suts], rows)}`;
};

const figurePlace = ({id, title}: Figure): Markup =>
  html`<div class="figure"><div id="${id}" role="img" aria-label="${title}"></div></div>`;

const tableSections = (reproduction: Reproduction, figures: readonly Figure[]): readonly Markup[] =>
  tablesOf(reproduction).map((table) => {
    const own = figures.filter((figure) => figure.table === table.table).map(figurePlace);
    return html`<section id="table-${table.table}"><h3>${table.title}</h3>${own}${paperTable(table)}</section>\n`;
  });

const accuracy = (reproduction: Reproduction): Markup => {
  const {errors, orders} = reproduction;
  const notes = errorNotes(reproduction).map((note) => html`<p class="note">${note}</p>`);
  const held = orders.filter(({holds}) => holds).length;
  const claims = orders.map(({claim, holds, evidence}) => {
    const verdict = holds ? html`holds` : html`<span class="fails">fails</span>`;
    return html`<li>${verdict}: ${claim} <small>(${evidence})</small></li>\n`;
  });
  return html`<section id="accuracy"><h2>Accuracy</h2>
${grid(
  ERROR_COLUMNS,
  errors.map((row) => ({cells: errorCells(row)})),
  {text: [1]},
)}
${notes}
<p>${fittedStatement(reproduction)}</p>
<h3>Order claims: ${held} of ${orders.length} hold on the predictions</h3>
<ul>${claims}</ul></section>`;
};

const leftOut = ({errors, fit}: Reproduction): Markup =>
  errors.length === 0
    ? html``
    : html`<section id="left-out"><h2>What the fit did not see</h2><p>${fitStatement(fit)}.</p>
${grid(
  VALIDATION_COLUMNS,
  validationRows(fit).map((cells) => ({cells})),
  {text: [1, 2]},
)}
<p class="note">${PAIRS_NOTE} ${coverageStatement(fit.coverage)}.</p></section>`;

const attributionTable = ({title, suts, rows}: AttributionTable): Markup => {
  const lines = rows.map(({label, kind, cells}) => ({kind, cells: [label, ...cells]}));
  return html`<details><summary>${title}</summary>${grid(['', ...suts], lines)}</details>\n`;
};

const attribution = (reproduction: Reproduction, figures: readonly Figure[]): Markup => {
  const own = figures.filter((figure) => figure.table === undefined).map(figurePlace);
  return html`<section id="attribution"><h2>Where the cycles go</h2>${own}
<p class="note">Each item is a count times a named cost; the items sum to the total, and what they leave out is the row 'unattributed'.</p>
${attributionTables(reproduction).map(attributionTable)}</section>`;
};

const recorded = (reproduction: Reproduction): Markup => {
  const tables = recordedTables(reproduction).map(
    ({title, note, suts, rows}) =>
      html`<h3>${title}</h3><p class="note">${note}</p>${grid(
        ['', ...suts],
        rows.map((cells) => ({cells})),
      )}\n`,
  );
  return tables.length === 0
    ? html``
    : html`<section id="recorded"><h2>Recorded machines</h2><p class="note">${RECORDED_NOTE}</p>\n${tables}</section>`;
};

const parameters = (reproduction: Reproduction): Markup => {
  const rows = orderParameters(reproduction.parameters).map((row) => ({kind: row.kind, cells: parameterCells(row)}));
  return html`<section id="parameters"><h2>Parameters</h2>
<p class="note">Every number that a prediction used, the most doubtful kinds first.</p>
${grid(PARAMETER_COLUMNS, rows, {text: [2, 3, 6]})}</section>`;
};

const provenance = ({provenance: {trapwalk, node, command, seeds, hashes, timings}}: Reproduction): Markup => {
  const facts: readonly (readonly [string, string])[] = [
    ['trapwalk', trapwalk],
    ['Node', node],
    ['command', command],
    ['seeds', seeds.join(', ')],
    ...Object.entries(timings ?? {}).map(([phase, seconds]) => [`time: ${phase}`, `${seconds.toFixed(2)} s`] as const),
    ...Object.entries(hashes).map(([path, hash]) => [`SHA-256 of ${path}`, hash] as const),
  ];
  const rows = facts.map(([name, value]) => ({cells: [name, html`<code>${value}</code>`]}));
  return html`<section id="provenance"><h2>Provenance</h2>${grid(['', 'value'], rows, {text: [1]})}</section>`;
};

/** Nothing but what stands in the page may run, and nothing may be fetched. Vega compiles its expressions, hence 'unsafe-eval'. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:";

export const htmlReport = (reproduction: Reproduction): string => {
  const figures = figuresOf(reproduction);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>trapwalk: predicted beside published</title>
<style>${new Markup(STYLE)}</style>
</head>
<body data-figures="${figures.length}">
<h1>What an ARM guest loses under a hypervisor: predicted beside published</h1>
<p>Predicted by trapwalk ${reproduction.provenance.trapwalk} from traces of the benchmarks, for the systems of
“Embedded Hypervisor Xvisor: A Comparative Analysis” (PDP 2015) on a Cubieboard2.</p>
<nav><a href="#accuracy">Accuracy</a><a href="#tables">Tables</a><a href="#attribution">Attribution</a>
${reproduction.recordings.length === 0 ? '' : html`<a href="#recorded">Recorded machines</a>`}
<a href="#parameters">Parameters</a><a href="#provenance">Provenance</a></nav>
${accuracy(reproduction)}
${leftOut(reproduction)}
<section id="tables"><h2>Tables and figures</h2>
${tableSections(reproduction, figures)}</section>
${attribution(reproduction, figures)}
${recorded(reproduction)}
${parameters(reproduction)}
${provenance(reproduction)}
${scripts(figures)}
</body>
</html>
`;
  return page.text;
};
