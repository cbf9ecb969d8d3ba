/** How long a claim token lives, and whether its address leads anywhere from another machine. */

const HOUR = 3600;

/** Seconds; the API takes a minute to 90 days. */
export const LIVES = { hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR, month: 30 * 24 * HOUR, quarter: 90 * 24 * HOUR } as const;

export type Life = keyof typeof LIVES;

/** Whether an address reaches nothing but the machine that uses it. */
export function isLoopback(address: string): boolean {
  const { hostname } = new URL(address);
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
