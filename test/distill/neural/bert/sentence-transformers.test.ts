import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { smallBert } from '../../../../src/distill/neural/bert/config.js';
import { crossEncoder } from '../../../../src/distill/neural/bert/cross-encoder.js';
import { openRowScorer } from '../../../../src/distill/neural/bert/row-scorer.js';
import { saveBert } from '../../../../src/distill/neural/bert/save-bert.js';
import { joinPair } from '../../../../src/distill/neural/bert/token-rows.js';
import { exportNetwork } from '../../../../src/distill/neural/export-network.js';
import { initialParameters } from '../../../../src/distill/neural/parameters.js';
import { readWordPieces } from '../../../../src/models/encoder/word-pieces.js';
import { cacheFolder } from '../../../../src/models/weights/cache.js';
import { temporaryFolder } from '../../../formats/temporary-folder.js';

const tokenizer = join(cacheFolder(), 'weights', 'all-minilm-l6-v2', 'tokenizer.json');
const python = process.env.RANKFORGE_PYTHON;
const present =
  existsSync(tokenizer) &&
  python !== undefined &&
  spawnSync(python, ['-c', 'import sentence_transformers'], { stdio: 'ignore' }).status === 0;

const script = `
import json, sys, torch
from sentence_transformers import CrossEncoder
folder, pairs = json.load(sys.stdin)
model = CrossEncoder(folder, device="cpu")
print(json.dumps(model.predict(pairs, activation_fn=torch.nn.Identity()).tolist()))
`;

describe.skipIf(!present)(
  'a saved cross-encoder (needs RANKFORGE_PYTHON with sentence-transformers, and a tokenizer)',
  () => {
    test('gives in sentence-transformers the scores that it has here', { timeout: 300_000 }, async () => {
      const maxTokens = 40;
      const config = smallBert({ vocabulary: 30522, layers: 2, hidden: 64, positions: 64, tokenTypes: 2 });
      const output = crossEncoder(config);
      const parameters = initialParameters(output.tape, 4, { deviation: 0.2 });
      const folder = temporaryFolder();
      await saveBert(folder, config, parameters, { tokenizer, maxTokens });
      const long = 'A long passage about heat pumps, wind and the price of power in the north. '.repeat(6);
      const pairs = [
        ['what is a heat pump', 'A heat pump moves heat.'],
        ['what is a heat pump', long],
        ['Größe, naïve & co?', 'Ünïcödé words — and 中文, too.'],
      ] as const;
      const encode = await readWordPieces(tokenizer, maxTokens);
      await using scorer = await openRowScorer(exportNetwork(output, parameters), { threads: 1 });
      const rows = pairs.map(([query, text]) => joinPair(encode(query), encode(text), maxTokens));
      const scores = (await scorer.run(rows)).map(([score]) => score!);
      const { stdout } = spawnSync(python!, ['-c', script], { input: JSON.stringify([folder, pairs]) });
      const expected = JSON.parse(stdout.toString()) as number[];
      for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(expected[i]!, 4);
      expect(new Set(scores).size).toBe(3);
    });
  },
);
