/** Filters as chips: state, glyph, word, count. Which are on stands in the URL. A narrow screen shows two lines of them. */

import { UnstyledButton } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
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
  const box = useRef<HTMLDivElement>(null);
  const [more, setMore] = useState(false);
  const look = () => {
    if (box.current) setMore(box.current.scrollHeight - box.current.scrollTop - box.current.clientHeight > 4);
  };
  useEffect(look);
  useEffect(() => {
    window.addEventListener("resize", look);
    return () => window.removeEventListener("resize", look);
  }, []);
  return (
    <div ref={box} className="chips" role="group" aria-label={label} data-more={more || undefined} onScroll={look}>
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
