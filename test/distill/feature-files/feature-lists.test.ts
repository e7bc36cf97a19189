import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { readFeatureFile } from '../../../src/distill/feature-files/feature-lists.js';
import { featureVersion } from '../../../src/distill/features/feature-set.js';
import { studentKinds } from '../../../src/distill/students/scorer.js';
import { defaultSettings, type StudentSettings } from '../../../src/distill/students/student-settings.js';
import { trainStudent } from '../../../src/distill/train-student.js';
import { temporaryFolder } from '../../formats/temporary-folder.js';

const seed = 7;

/** @param rows a query's lines, without the query */
function fileOf(queries: readonly (readonly string[])[]): string {
  const path = join(temporaryFolder(), 'rows.txt');
  const lines = queries.flatMap((rows, query) =>
    rows.map((row) => {
      const [label, ...features] = row.split(' ');
      return [label, `qid:${query}`, ...features].join(' ');
    }),
  );
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

const read = (path: string, inMemory?: number) =>
  readFeatureFile(path, {
    ...{ labels: 'grades', seed },
    ...(inMemory === undefined ? {} : { spill: { folder: temporaryFolder(), inMemory } }),
  });

function graded(queries: number): string {
  const random = randomStream(3, 'rows');
  return fileOf(
    Array.from({ length: queries }, () =>
      Array.from({ length: 12 }, () => {
        const x = Array.from({ length: 4 }, () => (random.next() < 0.3 ? 0 : random.normal()));
        const label = x[0]! + x[1]! * x[2]! > 0.8 ? 2 : x[0]! > 0.2 ? 1 : 0;
        return `${label} ${x.map((value, i) => `${i + 1}:${value}`).join(' ')}`;
      }),
    ),
  );
}

test.each(studentKinds)('%s learns the same from a file as from memory', async (kind) => {
  const path = graded(30);
  const learn = async (inMemory?: number): Promise<unknown> => {
    using file = await read(path, inMemory);
    const { lists, names, prints } = file;
    const features = { version: featureVersion, dense: false, firstStage: false, given: true, names };
    const [first] = defaultSettings(kind);
    const few: StudentSettings = { ...first!, ...{ epochs: 5, trees: 20 } };
    const { parameters, selection, heldOutScores } = await trainStudent(lists, {
      ...{
        kind,
        features,
        labels: 'grades',
        seed,
        prior: {},
        settings: [few],
      },
      spill: { folder: temporaryFolder(), inMemory: inMemory ?? 2 ** 30 },
    });
    return { parameters, selection, heldOutScores, prints };
  };
  const fromMemory = await learn();
  expect(fromMemory).toMatchObject({ selection: { length: 2, 1: { chosen: true } } });
  expect(await learn(0)).toEqual(fromMemory);
  // Some hundred bytes: it moves to the file half-way.
  expect(await learn(3000)).toEqual(fromMemory);
});

test.each([undefined, 0])(
  'a feature with a lower number than all before moves the columns',
  async (inMemory) => {
    using file = await read(
      fileOf([
        ['1 5:1 7:2', '0 6:3'],
        ['0 3:4', '1 5:-1 70000:6'],
      ]),
      inMemory,
    );
    expect(file.names).toEqual(['f3', 'f5', 'f6', 'f7', 'f70000']);
    const valuesOf = (list: number): string[] => {
      const { data, names, rows } = file.lists[list]!.features;
      const cells = (row: number): string =>
        names
          .flatMap((name, k) => {
            const value = data[row * names.length + k]!;
            return value === 0 ? [] : [`${name}=${value}`];
          })
          .join(' ');
      return Array.from({ length: rows }, (_, row) => cells(row)).sort();
    };
    expect([valuesOf(0), valuesOf(1)]).toEqual([
      ['f5=1 f7=2', 'f6=3'],
      ['f3=4', 'f5=-1 f70000=6'],
    ]);
  },
);

test('trees learn from a file whose numbers have gaps', async () => {
  const random = randomStream(3, 'gaps');
  const row = (): string => {
    const value = random.normal();
    return `${value > 0 ? 1 : 0} 10:1 60000:${value}`;
  };
  using file = await read(fileOf(Array.from({ length: 12 }, () => Array.from({ length: 20 }, row))));
  const { names, lists } = file;
  const features = { version: featureVersion, dense: false, firstStage: false, given: true, names };
  const [first] = defaultSettings('lambdamart');
  const few = { ...first!, featureFraction: 1, trees: 3 } as StudentSettings;
  const { selection } = await trainStudent(lists, {
    ...{
      kind: 'lambdamart',
      features,
      labels: 'grades',
      seed,
      prior: {},
      settings: [few],
    },
  });
  expect(selection[1]).toMatchObject({ chosen: true });
  expect(selection[1]!.heldOut).toBeGreaterThan(0.95);
});
