/** All at once, or one every so many seconds, with what that comes to. */

import { NumberInput, SegmentedControl } from "@mantine/core";
import { useId } from "react";
import { allowed, FIRST_INTERVAL, longest, type Interval } from "./stagger";
import { commands as t } from "./texts";

export function Pace({ devices, interval, onChange }: { devices: number; interval: Interval; onChange: (interval: Interval) => void }) {
  const sentence = useId();
  const fits = allowed(devices, interval);
  const words = t.lasts(devices, interval);
  if (devices < 2) return null;
  return (
    <div className="stack" style={{ gap: "var(--s2)" }}>
      <SegmentedControl
        aria-label={t.pace}
        aria-describedby={words ? sentence : undefined}
        value={interval === null ? "once" : "turn"}
        onChange={(value) => onChange(value === "once" ? null : Math.min(FIRST_INTERVAL, longest(devices)))}
        data={[{ value: "once", label: t.atOnce }, { value: "turn", label: t.inTurn }]}
      />
      {interval === null ? null : (
        <NumberInput
          label={t.every}
          required
          data-autofocus
          min={1}
          max={longest(devices)}
          clampBehavior="none"
          allowDecimal={false}
          allowNegative={false}
          w={200}
          suffix=" s"
          value={interval}
          error={fits ? undefined : t.refused(devices)}
          onChange={(value) => onChange(value === "" ? "" : Number(value))}
        />
      )}
      {words ? <p id={sentence} className="dim" aria-live="polite">{words}</p> : null}
    </div>
  );
}
