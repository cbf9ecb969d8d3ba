/** What somebody types over what is stored, while others change the same thing. */

import { useState } from "react";

interface Stored {
  id?: string;
  version: number;
}

interface State<S, D> {
  /** The version that the draft began with or was told of. */
  stand: S;
  draft: D;
  /** What somebody else made of it meanwhile; null while there is nothing to tell. */
  theirs: S | null;
}

export interface Drafting<S, D> extends State<S, D> {
  set: (change: Partial<D>) => void;
  /** Take note of a newer version. */
  meet: (newer: S) => void;
  heed: () => void;
}

/**
 * A draft of `newest`. A newer version takes the place of a draft that says nothing of its own, and is only told of
 * beside one that does: nothing typed is lost, and nothing is replaced that was not shown. `bodyOf` is what saving sends.
 */
export function useDraft<S extends Stored, D extends object>(newest: S, draftOf: (stored: S) => D, bodyOf: (draft: D) => unknown): Drafting<S, D> {
  const [state, setState] = useState<State<S, D>>(() => ({ stand: newest, draft: draftOf(newest), theirs: null }));
  const same = (draft: D, stored: S) => JSON.stringify(bodyOf(draft)) === JSON.stringify(bodyOf(draftOf(stored)));
  const after = (before: State<S, D>, newer: S): State<S, D> => {
    if (same(before.draft, newer)) return { ...before, stand: newer, theirs: null };
    if (same(before.draft, before.stand)) return { stand: newer, draft: draftOf(newer), theirs: null };
    return { ...before, stand: newer, theirs: newer };
  };
  const [seen, setSeen] = useState(newest);
  if (newest !== seen) {
    setSeen(newest);
    if (newest.id !== state.stand.id || newest.version !== state.stand.version) setState(after(state, newest));
  }
  return {
    ...state,
    set: (change) => setState((before) => ({ ...before, draft: { ...before.draft, ...change } })),
    meet: (newer) => setState((before) => after(before, newer)),
    heed: () => setState((before) => ({ ...before, theirs: null })),
  };
}
