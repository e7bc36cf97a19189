import type { Value } from '../tape.js';
import { reshape, sizesOf } from './layout.js';

/**
 * Rows of a table by number, as embeddings are looked up.
 * @param table [rows, width]  @param ids int64 of any shape
 * @returns [...ids, width]
 */
export function gatherRows(table: Value, ids: Value): Value {
  const { tape } = table;
  return tape.node(
    'Gather',
    [table, ids],
    { axis: 0 },
    {
      shape: [...ids.shape, table.shape[1]!],
      operands: [table],
      rule: (g) => {
        const empty = tape.node('ConstantOfShape', [sizesOf(tape, table.shape)], {}, { shape: table.shape });
        const places = reshape(ids, [...ids.shape, 1]);
        // Rows that were looked up twice get both gradients.
        return [tape.node('ScatterND', [empty, places, g], { reduction: 'add' }, { shape: table.shape })];
      },
    },
  );
}
