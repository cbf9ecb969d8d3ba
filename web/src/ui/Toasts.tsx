/** What just happened, with an undo that drains for ten seconds. Z takes the newest back. */

import { UnstyledButton } from "@mantine/core";
import { useEffect, useState, useSyncExternalStore } from "react";
import { useCommands } from "@/shell/commands";
import { typing } from "@/shell/keys";
import { t } from "@/texts";
import { Key } from "./Key";
import "./toasts.css";

export interface Toast {
  id: number;
  text: string;
  undo?: () => void;
  until: number;
  seconds: number;
}

let toasts: readonly Toast[] = [];
let count = 0;
const watchers = new Set<() => void>();

function put(next: readonly Toast[]): void {
  toasts = next;
  for (const watcher of watchers) watcher();
}

/** Tell what happened. With `undo`, it can be taken back until the line is empty. */
export function tell(text: string, undo?: () => void, seconds = undo ? 10 : 4): void {
  const toast = { id: ++count, text, undo, until: Date.now() + seconds * 1000, seconds };
  put([...toasts.slice(-2), toast]);
  setTimeout(() => drop(toast.id), seconds * 1000);
}

function drop(id: number): void {
  put(toasts.filter((toast) => toast.id !== id));
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => toasts,
  );
  const newest = shown.findLast((toast) => toast.undo);
  const undo = (toast: Toast | undefined) => {
    if (!toast?.undo) return;
    drop(toast.id);
    toast.undo();
  };
  useCommands(newest ? [
    { id: "undo", label: t.toast.undo, keys: "z", run: () => undo(newest) },
    { id: "undo while typing", label: t.toast.undo, keys: "ctrl+z", quiet: true, run: () => undo(newest) },
  ] : []);
  // A field that is empty has nothing to undo of its own, and takes a plain Z for text.
  const keys = typing(document.activeElement) ? "ctrl+z" : "z";
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((toast) => (
        <div key={toast.id} className="toast">
          <span className="cut">{toast.text}</span>
          {toast.undo ? (
            <UnstyledButton className="toast-undo" onClick={() => undo(toast)}><u>{t.toast.undo}</u> <Key keys={keys} /></UnstyledButton>
          ) : null}
          {toast.undo ? <Draining toast={toast} /> : null}
        </div>
      ))}
    </div>
  );
}

function Draining({ toast }: { toast: Toast }) {
  const [left, setLeft] = useState(1);
  useEffect(() => {
    const timer = setInterval(() => setLeft((toast.until - Date.now()) / (toast.seconds * 1000)), 250);
    return () => clearInterval(timer);
  }, [toast]);
  return <span className="drain toast-drain" style={{ ["--left" as string]: Math.max(0, left) }} />;
}
