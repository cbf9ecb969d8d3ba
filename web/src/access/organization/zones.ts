/** Time zones to choose from. */

const ZONES = Intl.supportedValuesOf("timeZone");

/** All that the browser knows, and the one that is chosen: the server may know more. */
export function zonesWith(chosen: string): string[] {
  return ZONES.includes(chosen) ? ZONES : [chosen, ...ZONES];
}
