import { describe, expect, test } from 'vitest';
import {
  defaultLosses,
  formatLossMix,
  parseLossMix,
  type Supervision,
} from '../../../src/distill/losses/loss-mix.js';
import { batchLosses, losses, lossFacts, lossNames } from '../../../src/distill/losses/registry.js';

test.each([
  ['kl', [{ name: 'kl', weight: 1 }]],
  [
    'kl:1,mse:0.1',
    [
      { name: 'kl', weight: 1 },
      { name: 'mse', weight: 0.1 },
    ],
  ],
  [
    ' ndcg-loss2++ : 2 , z-loss:1e-4',
    [
      { name: 'ndcg-loss2++', weight: 2 },
      { name: 'z-loss', weight: 1e-4 },
    ],
  ],
  [
    'kl,wasserstein:0.5',
    [
      { name: 'kl', weight: 1 },
      { name: 'wasserstein', weight: 0.5 },
    ],
  ],
])('%s', (text, mix) => {
  expect(parseLossMix(text)).toEqual(mix);
  expect(parseLossMix(formatLossMix(parseLossMix(text)))).toEqual(mix);
});

describe('what is refused', () => {
  test.each([
    ['kll', 'unknown-name', 'Did you mean "kl"?'],
    ['listmle:2', 'unknown-name', 'Did you mean "list-mle"?'],
    ['kl,infonce', 'unknown-name', 'Did you mean "info-nce"?'],
    ['', 'usage', 'Write losses as'],
    ['kl,', 'usage', 'Write losses as'],
    ['kl:', 'usage', 'above 0'],
    ['kl:0', 'usage', 'above 0'],
    ['kl:-1', 'usage', 'above 0'],
    ['kl:NaN', 'usage', 'above 0'],
    ['kl:Infinity', 'usage', 'above 0'],
    ['kl:one', 'usage', 'above 0'],
    ['kl:1:2', 'usage', 'above 0'],
    ['kl:1,kl:2', 'usage', 'once'],
    ['toString', 'unknown-name', 'Known:'],
  ])('"%s"', (text, code, hint) => {
    expect(() => parseLossMix(text)).toThrow(
      expect.objectContaining({ code, hint: expect.stringContaining(hint) }),
    );
  });

  test.each(['wasserstein', 'z-loss', 'dcl', 'wasserstein:2,z-loss'])('%s alone', (text) => {
    expect(() => parseLossMix(text)).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining('cannot train alone') }),
    );
    expect(parseLossMix(`kl,${text}`)).not.toEqual([]);
  });
});

test.each(Object.entries(defaultLosses))('the default for %s can be trained with', (supervision, text) => {
  const wants = parseLossMix(text).map(({ name }) => lossFacts[name].wants);
  // Ranks give an order and no more.
  if ((supervision as Supervision) === 'ranks') expect(wants).toEqual(['order']);
  expect(wants.length).toBeGreaterThan(0);
});

test('each loss has its facts, and each name one function', () => {
  expect([...Object.keys(losses), ...Object.keys(batchLosses)].sort()).toEqual([...lossNames].sort());
});
