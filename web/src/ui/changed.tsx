/** A live value: when it changes it is underlined for a moment, in place; its width is reserved. */

import { useEffect, useRef, useState, type ReactNode } from "react";

export function Changed({ value, children, width }: { value: unknown; children: ReactNode; width?: string }) {
  const before = useRef(value);
  const [pulse, setPulse] = useState(0);
  useEffect(() => {
    if (before.current !== value) {
      before.current = value;
      setPulse((count) => count + 1);
    }
  }, [value]);
  return (
    <span key={pulse} className={pulse > 0 ? "changed" : undefined} style={{ display: "inline-block", minWidth: width }}>
      {children}
    </span>
  );
}
