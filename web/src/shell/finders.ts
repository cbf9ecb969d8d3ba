/** Searching things for the palette: each module may bring a finder, such as devices by name. */

import { useEffect, useState } from "react";
import type { Command } from "./commands";

export type Finder = (text: string) => Promise<Command[]>;

const finders = new Set<Finder>();
const PAUSE = 120;

/** Let the palette find things of a kind. Returns how to stop. */
export function addFinder(finder: Finder): () => void {
  finders.add(finder);
  return () => finders.delete(finder);
}

export function useFinders(text: string): { found: Command[]; loading: boolean } {
  const [state, setState] = useState<{ found: Command[]; loading: boolean }>({ found: [], loading: false });
  useEffect(() => {
    if (text.trim() === "") return setState({ found: [], loading: false });
    let current = true;
    setState((before) => ({ ...before, loading: true }));
    const timer = setTimeout(async () => {
      const results = await Promise.allSettled([...finders].map((finder) => finder(text.trim())));
      const found = results.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
      if (current) setState({ found, loading: false });
    }, PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [text]);
  return state;
}
