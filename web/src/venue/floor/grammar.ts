/** The command line: a grammar, not a form. `14 60`, `14 60 cash`, `14 end`. */

export type Said =
  | { kind: "nothing" }
  | { kind: "sell"; label: string; minutes: number }
  | { kind: "end"; label: string }
  | { kind: "select"; label: string }
  | { kind: "too long"; label: string }
  | { kind: "unclear" };

/** What one line sells at the most: a day. */
export const MOST_MINUTES = 1440;

export function understand(text: string): Said {
  const words = text.trim().split(/\s+/).filter(Boolean);
  const [label, what, how] = words;
  if (!label) return { kind: "nothing" };
  if (what === undefined) return { kind: "select", label };
  if (/^end$/i.test(what) && words.length === 2) return { kind: "end", label };
  const minutes = /^\+?(\d{1,4})m?$/i.exec(what)?.[1];
  if (minutes && Number(minutes) > 0 && (how === undefined || /^cash$/i.test(how)) && words.length <= 3) {
    // A digit too many is a week, and money for it.
    return Number(minutes) > MOST_MINUTES ? { kind: "too long", label } : { kind: "sell", label, minutes: Number(minutes) };
  }
  return { kind: "unclear" };
}
