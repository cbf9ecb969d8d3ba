/** What a seat shows: its lamp, its large word, its line of time. */

import type { FloorState, StationOut } from "@/api";
import type { State } from "@/ui/glyphs";
import { hour, short } from "@/ui/time";
import { onClock, zoneOf } from "@/ui/zone";
import { venue as t } from "../texts";

export const LAMPS: Record<FloorState, State> = {
  free: "free",
  busy: "busy",
  ending: "ending",
  locking: "stopping",
  fault: "fault",
  offline: "offline",
  maintenance: "maintenance",
};

/** Seconds left of the session; null where there is none. */
export function left(station: StationOut, now: number): number | null {
  return station.session ? (Date.parse(station.session.ends_at) - now) / 1000 : null;
}

/** The state at this moment: a session nears its end between two messages of the server. */
export function stateAt(station: StationOut, now: number): FloorState {
  const seconds = left(station, now);
  if (station.state !== "busy" || seconds === null || !station.session) return station.state;
  return seconds <= station.session.warning_seconds ? "ending" : "busy";
}

export function word(station: StationOut, now: number): string {
  const seconds = left(station, now);
  return seconds !== null && seconds > 0 ? short(seconds) : t.states[station.state];
}

/** The second line: who sits there, or why nobody can. */
export function below(station: StationOut): string {
  if (station.session) return station.session.guest || t.walkIn;
  if (station.out_of_order) return station.out_of_order;
  if (station.state === "locking") return t.mustReport;
  return station.problem ?? "";
}

/** What is left of the bought time, 0 to 1. */
export function share(station: StationOut, now: number): number {
  const seconds = left(station, now);
  if (seconds === null || !station.session) return 0;
  const whole = (Date.parse(station.session.ends_at) - Date.parse(station.session.started_at)) / 1000;
  return whole > 0 ? Math.max(0, Math.min(1, seconds / whole)) : 0;
}

/** Labels in the order that people read them: 2 before 10, A2 before A10. */
export const byLabel = new Intl.Collator("en", { numeric: true }).compare;

/** The time of day that the clock on the wall of a site shows, and which day unless it is today there. */
export function atClock(time: string, site: string, now = Date.now()): string {
  const zone = zoneOf(site);
  const day = (at: number) => onClock(at, zone).slice(0, 10);
  const at = Date.parse(time);
  if (day(at) === day(now)) return hour(time, site);
  return `${new Date(at).toLocaleDateString([], { weekday: "short", day: "numeric", month: "short", timeZone: zone })}, ${hour(time, site)}`;
}
