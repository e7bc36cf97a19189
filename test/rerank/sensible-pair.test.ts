import { expect, test } from 'vitest';
import { checkPair, whySenseless } from '../../src/rerank/sensible-pair.js';

test.each([
  ['full', 'first'],
  ['sliding:20/10@30', 'generate'],
  ['sliding', 'likelihood'],
  ['pointwise', 'pointwise:graded'],
  ['pointwise', 'endpoint:jina/m'],
  ['setwise-heap:9@10', 'setwise'],
  ['setwise-heap', 'first'],
  ['pairwise-all:2', 'pairwise'],
  ['swiss', 'pairwise'],
  ['swiss:2/7', 'pairwise'],
  // The number after an @ is how many ranks matter, and no size.
  ['swiss@10', 'pairwise'],
  ['swiss:2@10', 'pairwise'],
  ['sliding:2/1', 'pairwise'],
  ['groupwise:20', 'groupwise'],
  ['groupwise', 'noisy:0.5'],
  ['pairwise-heap', 'generate'],
  // What is not known here is left to the run.
  ['full', 'mine'],
  ['mine', 'pairwise'],
])('%s × %s makes sense', (program, comparator) => {
  expect(whySenseless(program, comparator)).toBeUndefined();
  expect(() => checkPair(program, comparator)).not.toThrow();
});

test.each([
  ['pointwise', 'first', 'full, sliding or groupwise'],
  ['pointwise', 'generate', 'sliding'],
  ['pointwise', 'student:DIR', 'full'],
  ['full', 'pairwise', 'pairwise-heap'],
  ['sliding:20/10', 'pairwise', 'pairwise-heap'],
  ['swiss:5', 'pairwise', 'swiss'],
  ['sliding@2', 'pairwise', 'pairwise-heap'],
  ['setwise-heap', 'pairwise', 'pairwise-heap'],
  ['groupwise', 'generate', 'sliding'],
  ['groupwise', 'setwise', 'setwise-heap'],
  ['groupwise', 'reason:64', 'full'],
])('%s × %s does not, and %s would', (program, comparator, instead) => {
  expect(() => checkPair(program, comparator)).toThrow(
    expect.objectContaining({ code: 'usage', hint: expect.stringContaining(instead) }),
  );
});
