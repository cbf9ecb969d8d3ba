/** A search field whose text stands in the URL a moment after the last key. */

import { TextInput } from "@mantine/core";
import { useEffect, useEffectEvent, useState, type RefObject } from "react";

const PAUSE = 200;
/** What every list of the API takes. */
const MOST = 100;

export function Search({ label, value, onChange, input }: { label: string; value: string; onChange: (value: string) => void; input: RefObject<HTMLInputElement | null> }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const tell = useEffectEvent(onChange);
  useEffect(() => {
    if (typed === value) return;
    // Not begun anew when the page around it is drawn again, or a list that moves would never be searched.
    const timer = setTimeout(() => tell(typed), PAUSE);
    return () => clearTimeout(timer);
  }, [typed, value]);
  return <TextInput ref={input} maxLength={MOST} type="search" aria-label={label} placeholder={label} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} w={200} />;
}
