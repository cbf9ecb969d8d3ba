/** What opens under the pointer must not take the second click of a double-click for its own: it may cost money. */

import { useCallback, useEffect, useRef, type MouseEvent as ClickEvent } from "react";

const WITHIN = 600;
const NEAR = 12;

interface Click {
  x: number;
  y: number;
  at: number;
}

let latest: Click = { x: 0, y: 0, at: Number.NEGATIVE_INFINITY };
window.addEventListener("click", (event) => { latest = { x: event.clientX, y: event.clientY, at: event.timeStamp }; }, true);

/** A handler of captured clicks for what has just begun to show `what`: it swallows one at the spot of the click that did. */
export function useSecondClick(what: string): (event: ClickEvent) => void {
  const opening = useRef<Click>(latest);
  useEffect(() => {
    opening.current = latest;
  }, [what]);
  return useCallback((event: ClickEvent) => {
    const { x, y, at } = opening.current;
    // A dialog is a child of what opened it, and lies elsewhere.
    if (!event.currentTarget.contains(event.target as Node)) return;
    // A key that presses a button is a click as well, at no place.
    if (event.detail === 0 || event.timeStamp - at > WITHIN || Math.hypot(event.clientX - x, event.clientY - y) > NEAR) return;
    event.stopPropagation();
    event.preventDefault();
  }, []);
}
