/** The live socket in React. */

import { useEffect, useRef, useSyncExternalStore } from "react";
import type { Frame } from "./frames";
import { live, type Health } from "./live";

/** Hear `topics` while the component stands. `snapshot` reloads what was missed. */
export function useLive(topics: readonly string[], frame: (frame: Frame) => void, snapshot: () => void): void {
  const handlers = useRef({ frame, snapshot });
  useEffect(() => {
    handlers.current = { frame, snapshot };
  });
  const key = topics.join("\n");
  useEffect(() => {
    if (!key) return;
    return live.listen(
      key.split("\n"),
      (heard) => handlers.current.frame(heard),
      () => handlers.current.snapshot(),
    );
  }, [key]);
}

export function useHealth(): Health {
  return useSyncExternalStore(
    (watcher) => live.watch(watcher),
    () => live.health,
  );
}
