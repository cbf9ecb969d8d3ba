/** The zone that times are told in: that of the site that is looked at, else the browser's. */

let looked: string | undefined;
let sites: ReadonlyMap<string, string> = new Map();
const watchers = new Set<() => void>();

/** From now on times are those of a site (none: the browser's); `all` are the zones of the sites by their ids. */
export function tellTimesOf(zone: string | undefined, all: ReadonlyMap<string, string>): void {
  const next = known(zone);
  const moved = next !== looked;
  [looked, sites] = [next, all];
  if (moved) for (const watcher of watchers) watcher();
}

/** The zone of a site, or of the one that is looked at. Undefined is the browser's own, as it is to `Intl`. */
export function zoneOf(site?: string | null): string | undefined {
  return site ? (known(sites.get(site)) ?? looked) : looked;
}

/** The name of the browser's zone. */
export function own(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Whether clocks in a zone show what the reader's shows, whatever the zone is called. */
export function isOwn(time: string | number, zone: string | undefined): boolean {
  return zone === undefined || offset(time, zone) === offset(time, undefined);
}

export function watchZone(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** What the clock on the wall shows: `2026-11-21T20:15`, as a field for a date and a time takes it. */
export function onClock(time: number, timeZone = zoneOf()): string {
  const shown = new Intl.DateTimeFormat("en", { timeZone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
  const part = Object.fromEntries(shown.formatToParts(time).map(({ type, value }) => [type, value]));
  return `${part.year?.padStart(4, "0")}-${part.month}-${part.day}T${part.hour}:${part.minute}`;
}

/** The moment at which the clock on the wall shows this; undefined for what is no time. */
export function fromClock(text: string, timeZone = zoneOf()): number | undefined {
  const wanted = Date.parse(`${text}Z`);
  if (Number.isNaN(wanted)) return undefined;
  // The zone's offset is that of the moment which is sought, so look twice: where the clocks change it is another one.
  let time = wanted;
  for (let look = 0; look < 2; look++) time += wanted - Date.parse(`${onClock(time, timeZone)}Z`);
  return time;
}

function offset(time: string | number, timeZone: string | undefined): string | undefined {
  const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" }).formatToParts(new Date(time));
  return parts.find((part) => part.type === "timeZoneName")?.value;
}

/** A browser that is older than a zone's name tells its own times, whose zone the tooltips say. */
function known(zone: string | undefined): string | undefined {
  try {
    return zone && Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone ? zone : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
