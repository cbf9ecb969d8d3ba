/** What somebody types over what is stored, while others change the same thing. */

import { useState } from "react";
import { isProblem } from "@/client/problem";

interface Stored {
  id?: string;
  /** Null for what nobody edits. */
  version: number | null;
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
  /**
   * Sends with the version that the draft stands on. False where somebody else was first: what `reread` found is told of
   * then, and nothing was sent over it.
   */
  save: (send: (headers: { "If-Match": string }) => Promise<unknown>, reread: () => Promise<S | undefined>) => Promise<boolean>;
}

/**
 * A draft of `newest`. A newer version takes the place of a draft that says nothing of its own, and is only told of
 * beside one that does: nothing typed is lost, and nothing is replaced that was not shown. `bodyOf` is what saving sends.
 */
export function useDraft<S extends Stored, D extends object>(newest: S, draftOf: (stored: S) => D, bodyOf: (draft: D) => unknown): Drafting<S, D> {
  const [state, setState] = useState<State<S, D>>(() => ({ stand: newest, draft: draftOf(newest), theirs: null }));
  const same = (draft: D, stored: S) => JSON.stringify(bodyOf(draft)) === JSON.stringify(bodyOf(draftOf(stored)));
  const after = (before: State<S, D>, newer: S): State<S, D> => {
    // A newer version of something that this form does not edit is nothing to tell of.
    if (same(draftOf(before.stand), newer)) return { ...before, stand: newer };
    if (same(before.draft, newer)) return { ...before, stand: newer, theirs: null };
    if (same(before.draft, before.stand)) return { stand: newer, draft: draftOf(newer), theirs: null };
    return { ...before, stand: newer, theirs: newer };
  };
  const [seen, setSeen] = useState(newest);
  if (newest.id !== seen.id || newest.version !== seen.version) {
    setSeen(newest);
    if (newest.id !== state.stand.id || newest.version !== state.stand.version) setState(after(state, newest));
  }
  const meet = (newer: S) => setState((before) => after(before, newer));
  const heed = () => setState((before) => ({ ...before, theirs: null }));
  return {
    ...state,
    set: (change) => setState((before) => ({ ...before, draft: { ...before.draft, ...change } })),
    meet,
    heed,
    save: async (send, reread) => {
      heed();
      let { stand } = state;
      for (;;) {
        try {
          await send({ "If-Match": `"${stand.version}"` });
          return true;
        } catch (refused) {
          if (!isProblem(refused, "precondition_failed")) throw refused;
          const newer = await reread();
          if (!newer || newer.version === stand.version) throw refused;
          meet(newer);
          if (!same(state.draft, newer) && !same(draftOf(stand), newer)) return false;
          stand = newer;
        }
      }
    },
  };
}
