import {existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {type Browser, chromium, type Page} from 'playwright-core';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {figuresOf} from '../../src/report/figures.ts';
import {htmlReport} from '../../src/report/html.ts';
import {html, scriptData, scriptSource} from '../../src/report/markup.ts';
import {coverageStatement, validationRows} from '../../src/report/validation-table.ts';
import {REPRODUCTION} from './fixture.ts';

test('values are escaped, markup is not', () => {
  expect(html`<b title="${'"&'}">${'<i>'}${html`<u>${1}</u>`}${[html`x`, html`y`]}</b>`.text).toBe(
    '<b title="&#34;&#38;">&#60;i&#62;<u>1</u>xy</b>',
  );
});

test('data and sources cannot end their script', () => {
  const data = {text: '</script><!--\u2028'};
  expect(scriptData(data).text).toBe('{"text":"\\u003c/script>\\u003c!--\\u2028"}');
  expect(JSON.parse(scriptData(data).text)).toEqual(data);
  expect(scriptSource('"</script>" + "</SCRIPT" + "<!--"').text).toBe('"<\\/script>" + "<\\/SCRIPT" + "<\\!--"');
});

test('the page closes exactly the scripts that it opens, and names no server to fetch from', () => {
  const page = htmlReport(REPRODUCTION);
  expect(page.match(/<script>/g)).toHaveLength(4);
  expect(page.match(/<\/script>/g)).toHaveLength(4);
  expect(page).not.toMatch(/<(?:script|link|img|iframe)[^>]+(?:src|href)="(?:https?:)?\/\//);
});

const CHROMIUM = '/usr/bin/chromium';
const found = existsSync(CHROMIUM);
if (!found) console.warn(`skipped: the report in a browser (no ${CHROMIUM})`);

describe.skipIf(!found)('in a browser', () => {
  let browser: Browser;
  let directory: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'trapwalk-html-'));
    writeFileSync(join(directory, 'index.html'), htmlReport(REPRODUCTION));
    browser = await chromium.launch({executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu']});
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(directory, {recursive: true});
  });

  const open = async (
    colorScheme: 'light' | 'dark',
  ): Promise<{page: Page; requests: string[]; complaints: string[]}> => {
    const page = await browser.newPage({colorScheme, viewport: {width: 1200, height: 900}});
    const requests: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(pathToFileURL(join(directory, 'index.html')).href);
    await page.waitForFunction('document.body.dataset.drawn === document.body.dataset.figures', undefined, {
      timeout: 30_000,
    });
    return {page, requests, complaints};
  };

  test('all charts are drawn, with no request and no complaint', async () => {
    const {page, requests, complaints} = await open('light');
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([
      pathToFileURL(join(directory, 'index.html')).href,
    ]);
    expect(complaints).toEqual([]);
    for (const {id, title} of figuresOf(REPRODUCTION)) {
      expect(await page.locator(`#${id} svg`).first().textContent()).toContain(title);
      expect(await page.locator(`#${id} svg path[aria-roledescription="bar"]`).count()).toBeGreaterThan(5);
    }
    await page.close();
  });

  test('tables hold the numbers', async () => {
    const {page} = await open('light');
    // Row 2M, column kvm: 1400 × 1.001 beside 1333.2 × 1.001; 1400 / 1333.2 = 1.0501.
    const cell = page.locator('#table-VI tbody tr:nth-child(2) td:nth-child(4)');
    expect(await cell.textContent()).toBe('1,401.4(1,334.5, +5.01%)');
    expect(await page.locator('#accuracy tbody tr:nth-child(3) td').allTextContents()).toEqual([
      'Cachebench memory copy',
      'guests',
      '2',
      '0',
      '1.90%',
      '−1.90%',
      '7.90%',
      '7.20%',
      '3.8×',
    ]);
    expect(await page.locator('#left-out tbody tr').count()).toBe(validationRows(REPRODUCTION.fit).length);
    expect(await page.locator('#left-out').textContent()).toContain(coverageStatement(REPRODUCTION.fit.coverage));
    expect(await page.locator('#parameters tbody tr:first-child td').allTextContents()).toEqual([
      'tick.exit',
      '1,235',
      'cycles',
      'fitted',
      '0 … ∞',
      '12.25',
      'first vector </script><b>&',
    ]);
    expect(await page.locator('#attribution tr.unattributed').first().locator('td').allTextContents()).toEqual([
      'unattributed',
      '0',
      '0',
      '0',
      '0',
      '0',
    ]);
    expect(await page.locator('#provenance').textContent()).toContain('ab'.repeat(32));
    await page.close();
  });

  test('dark paper for a dark system, redrawn when it changes', async () => {
    const {page} = await open('dark');
    const paper = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const svg = "document.querySelector('#figure-16 svg')";
    const chart = () => page.evaluate(`${svg}.style.backgroundColor`);
    expect(await paper()).toBe('rgb(23, 25, 28)');
    expect(await chart()).toBe('rgb(23, 25, 28)');
    await page.emulateMedia({colorScheme: 'light'});
    await expect.poll(chart).toBe('rgb(255, 255, 255)');
    await page.close();
  });

  test('the page does not scroll sideways on a narrow screen', async () => {
    const {page} = await open('light');
    await page.setViewportSize({width: 420, height: 800});
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(420);
    await page.close();
  });
});
