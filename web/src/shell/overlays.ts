/** The palette and the list of keys: opened from anywhere, drawn once. */

import { useSyncExternalStore } from "react";

type Overlay = "palette" | "help" | null;

let open: Overlay = null;
const watchers = new Set<() => void>();

export function show(overlay: Overlay): void {
  open = overlay;
  for (const watcher of watchers) watcher();
}

let ahead = { text: "", entered: false };

/** Keep what is typed between asking for the palette and its input being there. */
export function typeAhead(key: string): boolean {
  if (open !== "palette" || (key.length !== 1 && key !== "Enter")) return false;
  ahead = key === "Enter" ? { ...ahead, entered: true } : { ...ahead, text: ahead.text + key };
  return true;
}

/** What was typed by then, and whether it was ended with Enter; it is told once. */
export function typedAhead(): { text: string; entered: boolean } {
  const typed = ahead;
  ahead = { text: "", entered: false };
  return typed;
}

export const openPalette = () => show("palette");
export const openHelp = () => show("help");
export const closeOverlay = () => show(null);

export function useOverlay(): Overlay {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => open,
  );
}
