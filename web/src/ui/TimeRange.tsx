/** One control of time for every chart and list of facts; its value stands in the URL. */

import { SegmentedControl, TextInput } from "@mantine/core";
import { useState, useSyncExternalStore } from "react";
import { t } from "@/texts";
import { fromClock, onClock, watchZone, zoneOf } from "./zone";

export type Range = "1h" | "24h" | "7d" | "30d" | `${string}~${string}`;

const LENGTHS: Record<string, number> = { "1h": 3_600_000, "24h": 86_400_000, "7d": 604_800_000, "30d": 2_592_000_000 };

export function isRange(value: unknown): value is Range {
  return typeof value === "string" && (value in LENGTHS || bounds(value as Range) !== null);
}

/** From and to in milliseconds since the epoch; null for a custom range that is none. */
export function bounds(range: Range, now = Date.now()): { from: number; to: number } | null {
  const length = LENGTHS[range];
  if (length) return { from: now - length, to: now };
  const [from, to] = range.split("~").map((part) => Date.parse(part));
  return from && to && from < to ? { from, to } : null;
}

/** Whether the range ends now, and so goes on. */
export function isLive(range: Range): boolean {
  return range in LENGTHS;
}

export function TimeRange({ value, onChange }: { value: Range; onChange: (range: Range) => void }) {
  useSyncExternalStore(watchZone, zoneOf);
  const custom = !isLive(value);
  const given = bounds(value) ?? { from: Date.now() - 86_400_000, to: Date.now() };
  // A range that would end before it begins is not applied: it stands in its fields until it is right, and they say why.
  const [backwards, setBackwards] = useState<{ of: Range; from: number; to: number } | null>(null);
  const wrong = backwards?.of === value ? backwards : null;
  const { from, to } = wrong ?? given;
  const set = (from: number | undefined, to: number | undefined) => {
    if (from === undefined || to === undefined) return;
    setBackwards(from < to ? null : { of: value, from, to });
    if (from < to) onChange(`${new Date(from).toISOString()}~${new Date(to).toISOString()}`);
  };
  const error = wrong ? t.range.backwards : undefined;
  const choices = [...Object.keys(LENGTHS).map((key) => ({ value: key, label: t.range[key as keyof typeof t.range] })), { value: "custom", label: t.range.custom }];
  return (
    <div className="row">
      <SegmentedControl size="xs" data={choices} value={custom ? "custom" : value} onChange={(next) => (next === "custom" ? set(given.from, given.to) : onChange(next as Range))} />
      {custom ? (
        <>
          <TextInput size="xs" type="datetime-local" aria-label={t.range.from} value={onClock(from)} onChange={(event) => set(fromClock(event.currentTarget.value), to)} />
          <TextInput size="xs" type="datetime-local" aria-label={t.range.to} value={onClock(to)} error={error} onChange={(event) => set(from, fromClock(event.currentTarget.value))} />
        </>
      ) : null}
    </div>
  );
}
