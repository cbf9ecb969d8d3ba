/** Filters as chips: state, glyph, word, count. Which are on stands in the URL. */

import { UnstyledButton } from "@mantine/core";
import { Glyph, type State } from "./glyphs";
import "./chips.css";

export interface Chip {
  value: string;
  word: string;
  count?: number;
  state?: State;
}

export function Chips({ chips, on, onChange, label }: { chips: readonly Chip[]; on: readonly string[]; onChange: (on: string[]) => void; label: string }) {
  const toggle = (value: string) => onChange(on.includes(value) ? on.filter((one) => one !== value) : [...on, value]);
  return (
    <div className="chips" role="group" aria-label={label}>
      {chips.map((chip) => (
        <UnstyledButton key={chip.value} className="chip" aria-pressed={on.includes(chip.value)} onClick={() => toggle(chip.value)}>
          {chip.state ? <Glyph state={chip.state} /> : null}
          {chip.word}
          {chip.count === undefined ? null : <b>{chip.count}</b>}
        </UnstyledButton>
      ))}
    </div>
  );
}
