/** The shape of each state. A circle asks nobody, a square is held by a person, a point asks for one, a gap has no contact. */

import type { ReactNode } from "react";

export type State =
  | "free" | "busy" | "ending" | "paused" | "fault" | "offline" | "maintenance" | "ok" | "pending"
  | "firing" | "acknowledged" | "running" | "starting" | "stopping" | "stopped" | "crashed";

const ring = (width = 1.5) => <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth={width} />;
const square = (width = 1.6) => <rect x="2.2" y="2.2" width="11.6" height="11.6" fill="none" stroke="currentColor" strokeWidth={width} />;
const hole = { fill: "var(--surface)" };

const shapes: Record<State, ReactNode> = {
  free: ring(2),
  busy: <circle cx="8" cy="8" r="6.5" fill="currentColor" />,
  ending: <>{ring()}<path d="M8 8V2a6 6 0 0 1 6 6z" fill="currentColor" /></>,
  paused: <><rect x="1.5" y="1.5" width="13" height="13" rx="1.5" fill="currentColor" /><path d="M5 4.5h2v7H5zM9 4.5h2v7H9z" style={hole} /></>,
  fault: <><path d="M8 .8 15.6 14.8H.4z" fill="currentColor" /><path d="M7.1 5.5h1.8v4.8H7.1zM7.1 11.4h1.8v1.8H7.1z" style={hole} /></>,
  offline: <><circle cx="8" cy="8" r="5.7" fill="none" stroke="currentColor" strokeWidth="1.8" strokeDasharray="3.6 2.37" /><path d="M2 14 14 2" stroke="currentColor" strokeWidth="1.6" /></>,
  maintenance: <>{square()}<path d="M2.5 13.5 13.5 2.5v11z" fill="currentColor" /></>,
  ok: <>{ring()}<path d="m4.9 8.2 2.2 2.2 4-4.6" fill="none" stroke="currentColor" strokeWidth="1.7" /></>,
  pending: <>{ring()}<path d="M8 4.3V8l2.8 1.7" fill="none" stroke="currentColor" strokeWidth="1.6" /></>,
  firing: <><path d="M8 .3 15.7 8 8 15.7.3 8z" fill="currentColor" /><path d="M7.1 4h1.8v4.8H7.1zM7.1 9.9h1.8v1.8H7.1z" style={hole} /></>,
  acknowledged: <><path d="M8 1.7 14.3 8 8 14.3 1.7 8z" fill="none" stroke="currentColor" strokeWidth="1.6" /><circle cx="8" cy="8" r="2" fill="currentColor" /></>,
  running: <><circle cx="8" cy="8" r="6.5" fill="currentColor" /><path d="M6.2 4.8v6.4L11.4 8z" style={hole} /></>,
  starting: <>{ring()}<path d="M2 8h12A6 6 0 0 1 2 8z" fill="currentColor" /></>,
  stopping: <>{square()}<path d="M2.5 8h11v5.5h-11z" fill="currentColor" /></>,
  stopped: square(1.8),
  crashed: <><path d="M8 .3 15.7 8 8 15.7.3 8z" fill="currentColor" /><path d="m5.3 5.3 5.4 5.4M10.7 5.3l-5.4 5.4" stroke="var(--surface)" strokeWidth="1.7" /></>,
};

export function Glyph({ state, size = 14 }: { state: State; size?: number }) {
  return (
    <svg viewBox="0 0 16 16" width={size} height={size} aria-hidden="true" className={`glyph is-${state}`} style={{ color: "var(--state)", flex: "none" }}>
      {shapes[state]}
    </svg>
  );
}

export function StateLamp({ state, word }: { state: State; word: string }) {
  return (
    <span className={`lamp is-${state}`}>
      <Glyph state={state} />
      {word}
    </span>
  );
}
