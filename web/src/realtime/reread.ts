/** Facts that are heard while the same things are being loaded. */

import { hashKey, type QueryClient, type QueryKey } from "@tanstack/react-query";

const waiting = new WeakMap<QueryClient, Set<string>>();

/**
 * What is being loaded at this moment may be from before a fact that was just heard, and would then put the older state
 * back: load it once more behind that. Not in its place, or many facts in a row would never let a load end.
 */
export function reread(queries: QueryClient, queryKey: QueryKey): void {
  const keys = waiting.get(queries) ?? new Set();
  waiting.set(queries, keys);
  const name = hashKey(queryKey);
  if (keys.has(name) || queries.isFetching({ queryKey }) === 0) return;
  keys.add(name);
  const stop = queries.getQueryCache().subscribe(() => {
    if (queries.isFetching({ queryKey }) > 0) return;
    stop();
    keys.delete(name);
    void queries.invalidateQueries({ queryKey });
  });
}
