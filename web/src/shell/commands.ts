/** Everything that can be done from here: one list for buttons, keys and the palette. */

import { useEffect, useRef, useSyncExternalStore } from "react";

export interface Command {
  id: string;
  label: string;
  /** `r`, `g d` (one after the other), `shift+/`. */
  keys?: string;
  group?: string;
  /** What it is about, for searching. */
  hint?: string;
  /** What else people call it, for searching; never shown. */
  keywords?: readonly string[];
  disabled?: string;
  run: () => void;
  /** Not offered by the palette, only by its key. */
  quiet?: boolean;
  /** Goes on while its key is held: for moving, never for acting. */
  repeats?: boolean;
}

const registered = new Map<string, Command>();
const watchers = new Set<() => void>();
let snapshot: readonly Command[] = [];

function changed(): void {
  snapshot = [...registered.values()];
  for (const watcher of watchers) watcher();
}

/** Offer commands while the component stands. */
export function useCommands(commands: readonly Command[]): void {
  const latest = useRef(commands);
  useEffect(() => {
    latest.current = commands;
  });
  const key = commands.map((command) => [command.id, command.label, command.keys, command.disabled].join("\t")).join("\n");
  useEffect(() => {
    const ids = latest.current.map((command) => command.id);
    for (const command of latest.current) {
      registered.set(command.id, { ...command, run: () => latest.current.find((now) => now.id === command.id)?.run() });
    }
    changed();
    return () => {
      for (const id of ids) registered.delete(id);
      changed();
    };
  }, [key]);
}

export function useAllCommands(): readonly Command[] {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => snapshot,
  );
}

export function allCommands(): readonly Command[] {
  return snapshot;
}
