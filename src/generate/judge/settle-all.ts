/**
 * All results, or the first failure once none is under way any more: a call that was paid for beside one that failed has its
 * answer in the ledger before the job ends.
 */
export async function settleAll<T>(tasks: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(tasks);
  return Promise.all(tasks);
}
