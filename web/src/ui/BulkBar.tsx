/** Appears with a selection: how many, what can be done with them, and a way out. */

import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { t } from "@/texts";
import { Key } from "./Key";
import "./bulk.css";

export function BulkBar({ count, noun, onClear, children }: { count: number; noun: string; onClear: () => void; children: ReactNode }) {
  if (count === 0) return null;
  return (
    <div className="bulk" role="toolbar" aria-label={t.bulk.label}>
      <span className="strong nowrap">{t.bulk.selected(count, noun)}</span>
      {children}
      <span className="grow" />
      <Button variant="subtle" onClick={onClear} rightSection={<Key keys="Escape" />}>{t.bulk.clear}</Button>
    </div>
  );
}
