import type { Loss } from './loss.js';

/**
 * The student copies the teacher's margins, not its values: over all pairs of one query.
 * L = 1/m Σ_{i<j} ((s_i − s_j) − (t_i − t_j))², m = n (n − 1) / 2;  dL/ds_i = 2/m Σ_j ((s_i − s_j) − (t_i − t_j))
 * The paper has one positive and one negative to a query; without labels every pair counts.
 * With d = s − t both are sums over d, so the cost is linear in n.
 * @param s student scores  @param t teacher scores
 * @see Hofstätter et al. 2020, arXiv:2010.02666
 */
export function marginMse(s: Float64Array, t: Float64Array): Loss {
  const n = s.length;
  if (n < 2) return { value: 0, grad: new Float64Array(n) };
  const d = s.map((value, i) => value - t[i]!);
  const mean = d.reduce((sum, value) => sum + value, 0) / n;
  const pairs = (n * (n - 1)) / 2;
  // Σ_{i<j} (d_i − d_j)² = n Σ (d_i − mean)², and Σ_j (d_i − d_j) = n (d_i − mean).
  const value = (n * d.reduce((sum, one) => sum + (one - mean) ** 2, 0)) / pairs;
  return { value, grad: d.map((one) => (2 * n * (one - mean)) / pairs) };
}
