/** House rules as people write them: warnings in minutes, the business day's start as a time. */

/** `5, 1` as seconds, the longest first; null when it cannot be used: 10 s to an hour, eight at most. */
export function warnings(text: string): number[] | null {
  const words = text.split(/[\s,;]+/).filter(Boolean);
  const seconds = words.map((word) => (/^\d+(\.\d+)?$/.test(word) ? Math.round(Number(word) * 60) : Number.NaN));
  if (seconds.some((second) => !(second >= 10 && second <= 3600))) return null;
  const distinct = [...new Set(seconds)].toSorted((a, b) => b - a);
  return distinct.length <= 8 ? distinct : null;
}

/** Minutes after midnight as `06:00`. */
export function timeOf(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");
}

/** `06:00` as minutes after midnight; null for what is no time. */
export function minutesOf(time: string): number | null {
  const [, hours, minutes] = /^(\d{2}):(\d{2})/.exec(time) ?? [];
  return hours !== undefined && minutes !== undefined ? Number(hours) * 60 + Number(minutes) : null;
}
