/** Many devices one after the other: how far apart, and how long that takes. */

/** The longest that the API spreads one action over, in seconds. */
export const MOST_SECONDS = 86_400;
/** What is offered first when somebody wants them one after the other. */
export const FIRST_INTERVAL = 30;

/** Seconds between two devices; null: all at once; "" while somebody types. */
export type Interval = number | "" | null;

/** Seconds from the first device to the last, as the API takes it. One device needs no turn. */
export function spread(devices: number, interval: Interval): number {
  return interval ? Math.max(0, devices - 1) * interval : 0;
}

/** The most seconds between two of so many devices. */
export function longest(devices: number): number {
  return Math.floor(MOST_SECONDS / Math.max(1, devices - 1));
}

/** Whether the API takes it. */
export function allowed(devices: number, interval: Interval): boolean {
  return interval === null || (interval !== "" && Number.isInteger(interval) && interval >= 1 && spread(devices, interval) <= MOST_SECONDS);
}
