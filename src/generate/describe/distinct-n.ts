/**
 * Different word n-grams as a share of all, over texts given as words: 1 where nothing is said twice, 0 where there are none.
 * It falls as a set grows, so compare sets of one size.
 * @see Li et al. 2016, arXiv:1510.03055
 */
export function distinctN(texts: readonly (readonly string[])[], n: number): number {
  const seen = new Set<string>();
  let all = 0;
  for (const text of texts) {
    for (let start = 0; start + n <= text.length; start++) {
      seen.add(text.slice(start, start + n).join(' '));
      all += 1;
    }
  }
  return all === 0 ? 0 : seen.size / all;
}
