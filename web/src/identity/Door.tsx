/** What the pages before signing in share: one column, the mark, a heading. */

import type { ReactNode } from "react";
import "./door.css";

export function Door({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="door">
      <div className="door-inside stack">
        <img src="/icon.svg" width="32" height="32" alt="Gamekeeper" />
        <h1 className="door-title">{title}</h1>
        {children}
      </div>
    </main>
  );
}
