import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Liquid } from 'liquidjs';
import { atomicWrite } from '../../formats/atomic-write.js';
import { buildView, type View } from './build-view.js';
import type { ReportData } from './report-data.js';

/** The files of a report. */
export interface ReportFiles {
  readonly html: string;
  readonly markdown: string;
}

const templates = fileURLToPath(new URL('../../../templates/', import.meta.url));

/** The page: one file that asks the network for nothing. */
export const renderHtml = async (data: ReportData): Promise<string> => toHtml(await buildView(data));

/** The same in Markdown, without the pictures. */
export const renderMarkdown = async (data: ReportData): Promise<string> => toMarkdown(await buildView(data));

async function toHtml(view: View): Promise<string> {
  // Browsers hash what they parsed, and parsing turns CRLF (a checkout on Windows) into LF.
  const style = readFileSync(join(templates, 'report.css'), 'utf8').replaceAll('\r\n', '\n');
  const styleHash = createHash('sha256').update(style).digest('base64');
  return render('report.html.liquid', { ...view, style, styleHash }, 'escape');
}

async function toMarkdown(view: View): Promise<string> {
  const text = await render('report.md.liquid', view, escapeMarkdown);
  return `${text.replace(/\n{3,}/g, '\n\n').trim()}\n`;
}

/**
 * Writes `report.html` and its twin `report.md`.
 * @throws RankforgeError as `atomicWrite`
 */
export async function writeReport(data: ReportData, folder: string): Promise<ReportFiles> {
  const files = { html: join(folder, 'report.html'), markdown: join(folder, 'report.md') };
  const view = await buildView(data);
  await atomicWrite(files.html, await toHtml(view));
  await atomicWrite(files.markdown, await toMarkdown(view));
  return files;
}

type Escape = 'escape' | ((value: unknown) => string);

/** Every value is escaped unless the template says `raw`, which it does for our own pictures and style alone. */
function render(template: string, view: View, outputEscape: Escape): Promise<string> {
  const liquid = new Liquid({ root: templates, strictFilters: true, ownPropertyOnly: true, outputEscape });
  return liquid.renderFile(template, view) as Promise<string>;
}

/** Text that Markdown shows as it is, on one line: it may stand in a table cell, and no HTML in it takes effect. */
export function escapeMarkdown(value: unknown): string {
  return String(value ?? '')
    .replace(/\s+/g, ' ')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_[\]|#~!]/g, '\\$&')
    .replace(/^([-+]|\d+[.)]) /, '\\$1 ');
}
