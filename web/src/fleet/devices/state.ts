/** How a device's state looks, and how its readings are written. */

import type { DeviceState } from "@/api";
import type { State } from "@/ui/glyphs";

export const LAMPS: Record<DeviceState, State> = {
  online: "ok",
  degraded: "ending",
  offline: "offline",
  maintenance: "maintenance",
  never_seen: "pending",
  revoked: "stopped",
};

export const METRICS = ["cpu", "memory", "temperature", "disk", "latency"] as const;
export type MetricName = (typeof METRICS)[number];

const NONE = "–";

export function reading(metric: MetricName, value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  if (metric === "temperature") return `${value.toFixed(0)} °C`;
  if (metric === "latency") return value < 10 ? `${value.toFixed(1)} ms` : `${value.toFixed(0)} ms`;
  return `${value.toFixed(0)} %`;
}

/** From here on a reading asks for a look; null where more is not worse. */
export const LIMITS: Record<MetricName, number | null> = { cpu: 95, memory: 92, temperature: 85, disk: 92, latency: 250 };
