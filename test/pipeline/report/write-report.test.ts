import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ReportData } from '../../../src/pipeline/report/report-data.js';
import {
  escapeMarkdown,
  renderHtml,
  renderMarkdown,
  writeReport,
} from '../../../src/pipeline/report/write-report.js';
import { temporaryFolder } from '../../formats/temporary-folder.js';
import { sampleReport } from './sample-report.js';

const attack =
  '<script>alert(1)</script><img src=x onerror=alert(2)> "&\' {{ 7 | times: 6 }} | `x` ](javascript:0)';

/** The report with every text from outside replaced. */
function attacked(): ReportData {
  const text = (key: string, value: unknown): unknown =>
    typeof value === 'string' && !['kind', 'finishedAt', 'measure'].includes(key) ? attack : value;
  const data = JSON.parse(JSON.stringify(sampleReport), (key, value: unknown) =>
    text(key, value),
  ) as ReportData;
  return {
    ...data,
    funnel: data.funnel.map((stage) => ({ ...stage, rejected: { [attack]: 1 } })),
    rankings: data.rankings.map((row) => ({ ...row, measures: { [attack]: row.measures['nDCG@10']! } })),
    gate: { ...data.gate!, baselineMeans: { [attack]: 0.6 } },
  };
}

const count = (text: string, part: string): number => text.split(part).length - 1;

test('writes the page and its twin', async () => {
  const folder = join(temporaryFolder(), 'out');
  const files = await writeReport(sampleReport, folder);
  expect(files).toEqual({ html: join(folder, 'report.html'), markdown: join(folder, 'report.md') });
  expect(readFileSync(files.html, 'utf8')).toBe(await renderHtml(sampleReport));
  expect(readFileSync(files.markdown, 'utf8')).toBe(await renderMarkdown(sampleReport));
});

test.each([
  ['html', renderHtml],
  ['md', renderMarkdown],
])('%s says what happened', async (_kind, render) => {
  const text = await render(sampleReport);
  for (const part of [
    'Gate passed: mlp beats fusion',
    'From 212 passages of handbook came 32 training queries with 410 graded passages.',
    'No weight went to first-1.5b, which added nothing.',
    'copies the passage: 2',
    'judge says no: 11',
    'relabelled: 3',
    'Passages cut to fit the context',
    'adds nothing: worse than BM25',
    'how do I stop a run without losing the answers I paid for?',
    'generate (reused)',
    'qwen2.5-coder-1.5b-instruct',
    'c'.repeat(64),
    'Likelihood was measured on queries that another model wrote.',
  ]) {
    expect(text).toContain(part);
  }
});

test('the report holds the set beside the log that it follows', async () => {
  const markdown = await renderMarkdown(sampleReport);
  expect(markdown).toContain('| keyword | 0.750 | 3 (2 to 4) | 0.281 | 4 (3 to 5) |');
  expect(markdown).toContain('| claim | – | – | 0.125 | 10 (9 to 13) |');
  expect(markdown).toContain('| all | 1.000 | 3 (2 to 6) | 1.000 | 8 (5 to 11) |');
  expect(await renderHtml(sampleReport)).toContain('<td class="number">3 (2 to 6)</td>');
  expect(await renderMarkdown({ ...sampleReport, log: undefined })).not.toContain('in the log');
});

test('the report holds the difficulty measured beside the one asked for, and the selection beside random ones', async () => {
  const markdown = await renderMarkdown(sampleReport);
  for (const row of [
    '| easy | 16 | 0.710 | 1 | 0.840 | 0.750 | 0.000 |',
    '| hard | 16 | 0.220 | not found | 0.310 | 0.250 | 0.563 |',
    '| tau | – | −0.620 | +0.480 | – | – | – |',
    'The 32 selected examples beside 10 random selections of as many',
    '| Coverage radius | 1.210 | 1.320 | 0.030 |',
    '| Mean distance of two selected | 1.310 | 1.250 | 0.020 |',
    '| Mean difficulty | 0.640 | 0.510 | 0.040 |',
  ]) {
    expect(markdown).toContain(row);
  }
  const html = await renderHtml(sampleReport);
  expect(html).toContain('<th scope="row">Coverage radius</th>');
  expect(html).toContain('<td class="number">−0.620</td>');
  // Nobody asked, and no passage was embedded.
  const { selected, random, seeds } = sampleReport.selection!;
  const plain = await renderMarkdown({
    ...sampleReport,
    difficulty: { rows: [{ asked: 'nothing', queries: 32, meanOverlap: 0.4 }] },
    selection: {
      selected: { count: selected.count, types: {} },
      random: { count: random.count, types: {} },
      randomDeviation: {},
      seeds,
    },
  });
  expect(plain).toContain('| nothing | 32 | 0.400 | – | – | – | – |');
  expect(plain).not.toMatch(/tau|random selections/);
});

test('a failed gate is said plainly', async () => {
  const failed: ReportData = {
    ...sampleReport,
    gate: { ...sampleReport.gate!, passed: false, p: 0.21, reason: 'p is too large.' },
  };
  for (const text of [await renderHtml(failed), await renderMarkdown(failed)]) {
    expect(text).toContain('Gate not passed: mlp is not shown to beat fusion');
    expect(text).not.toContain('Gate passed');
  }
});

test('figures of generated queries are never said to be of judged ones', async () => {
  const generated: ReportData = { ...sampleReport, measuredOn: { queries: 9, judgements: 'generated' } };
  for (const text of [await renderHtml(generated), await renderMarkdown(generated)]) {
    expect(text).toContain('On 9 generated queries that were held out, mlp differs');
    expect(text).toContain('Measures over 9 generated queries');
    expect(text).not.toContain('judged queries that nothing trained on');
  }
});

test('sections without data are left out, and nothing else breaks', async () => {
  const bare: ReportData = {
    title: 'bare',
    finishedAt: 'yesterday',
    dataset: { name: 'x', passages: 0, trainingQueries: 0, trainingPassages: 0 },
    funnel: [],
    samples: [],
    rankings: [],
    comparisons: [],
    costs: [],
    provenance: { packageVersion: '0.1.0', models: [], prompts: [] },
  };
  const html = await renderHtml(bare);
  expect(html.match(/<h2>[^<]*/g)).toEqual(['<h2>Provenance']);
  expect(html).toContain('0 training queries');
  expect((await renderMarkdown(bare)).match(/^## .*/gm)).toEqual(['## Provenance']);
});

describe('texts from documents and models', () => {
  test('take no effect in HTML', async () => {
    const html = await renderHtml(attacked());
    expect(html).not.toMatch(/<script|<img|alert\(1\)<\/|onerror=alert\(2\)>/i);
    expect(html).toContain('&lt;script&gt;');
    expect(html).toContain('{{ 7 | times: 6 }}');
    // Attribute values cannot be left: every quote in the text is written as an entity.
    expect(html).not.toContain('alert(2)> "&');
    const plain = await renderHtml(sampleReport);
    for (const tag of ['<section', '<table', '<style', '<meta'])
      expect(count(html, tag)).toBe(count(plain, tag));
  });

  test('take no effect in Markdown and stay in their cell', async () => {
    const markdown = await renderMarkdown(attacked());
    expect(markdown).not.toMatch(/<script|<img/i);
    const cells = (text: string) =>
      text
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .map((line) => line.split(/(?<!\\)\|/).length);
    const table = cells(markdown).slice(0, 3);
    expect(new Set(table).size).toBe(1);
    expect(escapeMarkdown('a|b\nc <b>*x*</b> [l](u) `q`')).toBe(
      'a\\|b c &lt;b&gt;\\*x\\*&lt;/b&gt; \\[l\\](u) \\`q\\`',
    );
  });
});

test('the page asks for nothing from outside and has no id twice', async () => {
  const html = await renderHtml(sampleReport);
  expect(html).toMatch(/default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='/);
  const addresses = [...html.matchAll(/(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)/g)].map(
    ([, address]) => address!,
  );
  expect(addresses.filter((address) => !address.startsWith('#'))).toEqual([]);
  expect(html).not.toContain('style="');
  const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id!);
  expect(new Set(ids).size).toBe(ids.length);
});

const browser = [
  process.env.RANKFORGE_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

describe.skipIf(!browser)('in a real browser (needs Chromium, or RANKFORGE_CHROMIUM)', () => {
  test.each([
    ['the sample', sampleReport],
    ['hostile texts', attacked()],
  ])('%s: no errors, no request, no overflow, charts drawn', async (_name, data) => {
    const { chromium } = await import('playwright-core');
    const folder = temporaryFolder();
    const { html } = await writeReport(data, folder);
    const running = await chromium.launch({
      executablePath: browser!,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-sync',
        '--no-first-run',
      ],
    });
    try {
      for (const [width, colorScheme] of [
        [400, 'light'],
        [1280, 'light'],
        [1280, 'dark'],
      ] as const) {
        const page = await running.newPage({ viewport: { width, height: 900 }, colorScheme });
        const faults: string[] = [];
        page.on('console', (message) => faults.push(message.text()));
        page.on('pageerror', (error) => faults.push(error.message));
        page.on('request', (request) =>
          faults.push(...(request.url().endsWith('report.html') ? [] : [request.url()])),
        );
        page.on('dialog', (dialog) => faults.push(dialog.message()));
        await page.goto(`file://${html}`);
        const seen = (await page.evaluate(measurePage)) as PageFacts;
        expect(faults).toEqual([]);
        expect(seen.scrollWidth).toBeLessThanOrEqual(width);
        expect(seen.charts.length).toBe(
          7 + new Set(data.rankings.flatMap(({ measures }) => Object.keys(measures))).size,
        );
        for (const chart of seen.charts) {
          expect(chart.width).toBeGreaterThan(250);
          expect(chart.height).toBeGreaterThan(60);
          expect(chart.cut).toEqual([]);
        }
        expect(seen.contrast).toBeGreaterThan(7);
        const picture = await page.screenshot({
          path: join(folder, `${width}-${colorScheme}.png`),
          fullPage: true,
        });
        expect(picture.length).toBeGreaterThan(20_000);
        await page.close();
      }
    } finally {
      await running.close();
    }
  });
});

interface PageFacts {
  scrollWidth: number;
  charts: { width: number; height: number; cut: string[] }[];
  contrast: number;
}

/** Runs in the page: its width, its charts with texts that stick out of them, and the contrast of its text. */
const measurePage = `(() => {
  const luminance = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map((part) => {
      const share = Number(part) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const label = document.querySelector('svg text');
  const [a, b] = [luminance(getComputedStyle(label).fill), luminance(getComputedStyle(document.querySelector('figure')).backgroundColor)];
  return {
    scrollWidth: document.documentElement.scrollWidth,
    contrast: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05),
    charts: [...document.querySelectorAll('svg')].map((svg) => {
      const box = svg.getBoundingClientRect();
      const cut = [...svg.querySelectorAll('text')]
        .filter((text) => {
          const of = text.getBoundingClientRect();
          return of.width > 0 && (of.left < box.left - 1 || of.right > box.right + 1 || of.top < box.top - 1 || of.bottom > box.bottom + 1);
        })
        .map((text) => text.textContent);
      return { width: box.width, height: box.height, cut };
    }),
  };
})()`;
