/** How this browser likes its floor: which zones are folded, and how large the seats are. */

import { useState } from "react";

const KEY = "gamekeeper.floor";
const MANY = 80;

interface Look {
  folded: string[];
  dense?: boolean;
}

function read(): Look {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Look>;
    return { folded: Array.isArray(kept.folded) ? kept.folded : [], dense: kept.dense };
  } catch {
    return { folded: [] };
  }
}

/** Without a choice of their own people get smaller seats from eighty on. */
export function useLook(seats: number) {
  const [look, setLook] = useState(read);
  const dense = look.dense ?? seats > MANY;
  const keep = (next: Look) => {
    setLook(next);
    localStorage.setItem(KEY, JSON.stringify(next));
  };
  return {
    dense,
    folded: look.folded,
    toggle: () => keep({ ...look, dense: !dense }),
    fold: (zone: string) => keep({ ...look, folded: look.folded.includes(zone) ? look.folded.filter((one) => one !== zone) : [...look.folded, zone] }),
  };
}
