/** The page's style sheet: one column of text, tables that scroll within themselves, light or dark as the reader's system is. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #222; --paper: #fff; --faint: #6a6a6a; --line: #ddd; --shade: #f5f5f3; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e4e4; --paper: #17191c; --faint: #a0a0a0; --line: #3a3d42; --shade: #202328; --bad: #ff8a80; }
}
body { margin: 2rem auto; max-width: 68rem; padding: 0 1rem; color: var(--ink); background: var(--paper);
  font: 15px/1.5 "DejaVu Sans", Verdana, sans-serif; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin-top: 2rem; }
nav a { margin-right: 1rem; } a { color: inherit; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; margin: .5rem 0; }
th, td { padding: .25rem .7rem; text-align: right; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; background: var(--shade); }
th:first-child, td:first-child, td.text, th.text { text-align: left; }
td.text { overflow-wrap: anywhere; }
td small { display: block; color: var(--faint); }
tr.group td, tr.total td { font-weight: 600; } tr.mechanism td:first-child { padding-left: 1.8rem; }
.note { color: var(--faint); font-size: 13px; max-width: 60rem; }
.fails { color: var(--bad); font-weight: 600; }
.figure { margin: 1rem 0; min-height: 100px; overflow-x: auto; }
details > summary { cursor: pointer; margin: .5rem 0; }
code { font-family: "DejaVu Sans Mono", monospace; font-size: 12px; overflow-wrap: anywhere; }
`;
