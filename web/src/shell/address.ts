/** What a page shows stands in its address, so it can be sent, reloaded and gone back from. */

import { useRouter, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

export type Change<Search> = Partial<Search> | ((now: Search) => Partial<Search>);

/** The dialog that stands over the page; the modules' acts name it. */
export interface Asks {
  ask?: string;
}

/**
 * What the address says behind `?`, and a function that changes parts of it; what becomes empty is left out.
 *
 * Steps that Back undoes are opening something (what `panel` names, or a dialog) and going on from it to a list about it.
 * Everything else takes the step's place.
 */
export function useAddress<Search extends object>(panel?: keyof Search & string): readonly [Search, (change: Change<Search>) => void] {
  const router = useRouter();
  const search = useSearch({ strict: false }) as Search;
  const set = useCallback(
    (change: Change<Search>) => {
      const { pathname, search: now } = router.latestLocation as { pathname: string; search: Search };
      const next = Object.fromEntries(Object.entries({ ...now, ...(typeof change === "function" ? change(now) : change) }).filter(([, value]) => !isEmpty(value)));
      const opens = [panel, "ask"].some((part) => part && !(part in now) && part in next);
      const goesOn = panel && panel in now && !(panel in next) && Object.keys(next).some((part) => next[part] !== now[part as keyof Search]);
      const step = opens || goesOn;
      const { before } = router.latestLocation.state as { before?: string };
      // Closing what the last step opened is going back, or Back would be pressed in vain afterwards.
      if (!step && before === JSON.stringify(next)) return router.history.back();
      const state = { before: step ? JSON.stringify(now) : before };
      void router.navigate({ to: pathname, search: next as never, replace: !step, state: state as never });
    },
    [router, panel],
  );
  return [search, set];
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}
