/** A search field whose text stands in the URL a moment after the last key. */

import { TextInput } from "@mantine/core";
import { useEffect, useState, type RefObject } from "react";

const PAUSE = 200;

export function Search({ label, value, onChange, input }: { label: string; value: string; onChange: (value: string) => void; input: RefObject<HTMLInputElement | null> }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onChange(typed), PAUSE);
    return () => clearTimeout(timer);
  }, [typed, value, onChange]);
  return <TextInput ref={input} type="search" aria-label={label} placeholder={label} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} w={200} />;
}
