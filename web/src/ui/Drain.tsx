/** Time left as a thin line that empties; thicker in its last stretch, dashed while it is held. */

import type { State } from "./glyphs";

export interface DrainProps {
  /** What is left, from 0 to 1. */
  left: number;
  state?: State;
  soon?: boolean;
  held?: boolean;
  label?: string;
}

export function Drain({ left, state = "busy", soon = false, held = false, label }: DrainProps) {
  const share = Math.max(0, Math.min(1, left));
  return (
    <span
      className={["drain", `is-${state}`, soon ? "soon" : "", held ? "held" : ""].join(" ")}
      role={label ? "progressbar" : undefined}
      aria-label={label}
      aria-valuenow={label ? Math.round(share * 100) : undefined}
      style={{ ["--left" as string]: share }}
    />
  );
}
