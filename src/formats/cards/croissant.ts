import { extname, join } from 'node:path';
import { atomicWrite } from '../atomic-write.js';
import type { ExportedFile } from '../exports/export-examples.js';
import type { Column, ExportOptions } from '../exports/export-format.js';
import { exportFormats } from '../exports/formats.js';
import { type SetDescription, summarise } from './set-description.js';

/** The context that Croissant 1.0 prescribes word for word. */
const terms = (names: string): Record<string, string> =>
  Object.fromEntries(names.split(' ').map((name) => [name, `cr:${name}`]));
const context = {
  '@language': 'en',
  '@vocab': 'https://schema.org/',
  ...terms('citeAs column extract field fileProperty fileObject fileSet format includes isLiveDataset'),
  ...terms('jsonPath key md5 parentField path recordSet references regex repeated replace separator source'),
  ...terms('subField transform'),
  conformsTo: 'dct:conformsTo',
  cr: 'http://mlcommons.org/croissant/',
  data: { '@id': 'cr:data', '@type': '@json' },
  dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
  dct: 'http://purl.org/dc/terms/',
  examples: { '@id': 'cr:examples', '@type': '@json' },
  sc: 'https://schema.org/',
};

const encodings: Readonly<Record<string, string>> = {
  '.jsonl': 'application/jsonlines',
  '.json': 'application/json',
  '.parquet': 'application/x-parquet',
  '.tsv': 'text/tab-separated-values',
  '.txt': 'text/plain',
};

const types = { text: 'sc:Text', integer: 'sc:Integer', number: 'sc:Float' } as const;

const fileObject = ({ path, sha256, bytes }: ExportedFile) => ({
  '@type': 'cr:FileObject',
  '@id': path,
  name: path,
  contentUrl: path,
  contentSize: `${bytes} B`,
  encodingFormat: encodings[extname(path)] ?? 'application/octet-stream',
  sha256,
});

/** Values of objects in a list are taken out one by one: a record then has as many of each as there are objects. */
function field(recordSet: string, file: string, { name, type, description, repeated, key }: Column) {
  const id = key === undefined ? name : `${name}.${key}`;
  return {
    '@type': 'cr:Field',
    '@id': `${recordSet}/${id}`,
    name: id,
    description,
    dataType: types[type],
    ...(repeated ? { repeated: true } : {}),
    source: {
      fileObject: { '@id': file },
      extract: { column: name },
      ...(key === undefined ? {} : { transform: { jsonPath: key } }),
    },
  };
}

/** Croissant metadata: every file with its hash, and a record set for each table. */
export function renderCroissant(
  description: SetDescription,
  options: ExportOptions = {},
): Record<string, unknown> {
  const { details, formats } = description;
  const recordSets = formats.flatMap(({ format, files }) => {
    const columns = exportFormats[format].columns?.(options) ?? [];
    return files
      .filter(({ split }) => columns.length > 0 && split !== undefined)
      .map(({ path, split }) => {
        const id = `${format}/${split}`;
        return {
          '@type': 'cr:RecordSet',
          '@id': id,
          name: id,
          description: `${exportFormats[format].summary}: ${split}`,
          field: columns.map((column) => field(id, path, column)),
        };
      });
  });
  return {
    '@context': context,
    '@type': 'sc:Dataset',
    name: details.name,
    description: summarise(description),
    conformsTo: 'http://mlcommons.org/croissant/1.0',
    version: '1.0.0',
    ...(details.license ? { license: details.license } : {}),
    ...(details.url ? { url: details.url } : {}),
    ...(details.datePublished ? { datePublished: details.datePublished } : {}),
    ...(details.languages ? { inLanguage: details.languages } : {}),
    distribution: formats.flatMap(({ files }) => files.map(fileObject)),
    recordSet: recordSets,
  };
}

/** Writes the metadata as `croissant.json`, which names its files by their path beside it. @throws RankforgeError as `atomicWrite` */
export async function writeCroissant(
  out: string,
  description: SetDescription,
  options: ExportOptions = {},
): Promise<string> {
  const path = join(out, 'croissant.json');
  await atomicWrite(path, `${JSON.stringify(renderCroissant(description, options), null, 2)}\n`);
  return path;
}
