/** Times as people say them. */

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

export function exact(time: string | number | null): string {
  return time === null ? "" : new Date(time).toLocaleString();
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
