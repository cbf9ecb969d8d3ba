/** Times as people say them. */

import { isOwn, own, zoneOf } from "./zone";

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "narrow" });
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86_400], ["hour", 3600], ["minute", 60]];

/** "3 min ago"; the exact time belongs in a title beside it. */
export function ago(time: string | number | null, now = Date.now()): string {
  if (time === null) return "never";
  const seconds = (new Date(time).getTime() - now) / 1000;
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
  }
  return Math.abs(seconds) < 5 ? "now" : relative.format(Math.round(seconds), "second");
}

/** A moment in full, with the zone that it is told in: for tooltips. `site` where it is not the one that is looked at. */
export function exact(time: string | number | null, site?: string | null): string {
  if (time === null) return "";
  const zone = zoneOf(site);
  return `${new Date(time).toLocaleString(undefined, { timeZone: zone })} (${(zone ?? own()).replaceAll("_", " ")})`;
}

/** A moment in full, for reading; its zone is named where it is not the reader's own. */
export function moment(time: string | number, site?: string | null): string {
  return isOwn(time, zoneOf(site)) ? new Date(time).toLocaleString(undefined, { timeZone: zoneOf(site) }) : exact(time, site);
}

/** `20:15`, or `20:15 WET` where the clock on the wall there is not the reader's. */
export function hour(time: string | number, site?: string | null, more?: { second: "2-digit" }): string {
  const timeZone = zoneOf(site);
  const timeZoneName = isOwn(time, timeZone) ? undefined : "short";
  return new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", ...more, timeZone, timeZoneName });
}

/** `42:18` below an hour, `1:05:00` above. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `1h12`, `38m`, `50s`: what fits on a seat. */
export function short(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  if (seconds < 60) return `${Math.max(0, Math.ceil(seconds))}s`;
  return minutes >= 60 ? `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, "0")}` : `${minutes}m`;
}

/** `2 h 5 min`, `5 min`, `1 min 20 s`: a length in words. */
export function span(seconds: number): string {
  const whole = Math.abs(Math.round(seconds));
  const parts = [[Math.floor(whole / 3600), "h"], [Math.floor(whole / 60) % 60, "min"], [whole % 60, "s"]] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return `${seconds < 0 ? "\u2212" : ""}${said.join(" ") || "0 s"}`;
}
