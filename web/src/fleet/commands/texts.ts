/** English texts of asking many devices. */

import { span } from "@/ui/time";
import { allowed, longest, MOST_SECONDS, spread, type Interval } from "./stagger";

export const commands = {
  pace: "When each is asked",
  atOnce: "All at once",
  inTurn: "One after the other",
  every: "Seconds between two",
  /** How long it takes in all. */
  lasts: (devices: number, interval: Interval) => {
    if (devices < 2 || interval === null) return devices === 1 ? "The device is asked now." : `All ${devices} are asked now.`;
    return allowed(devices, interval)
      ? `One every ${span(Number(interval))} by name: the first now, the last of ${devices} after ${span(spread(devices, interval))}.`
      : "";
  },
  refused: (devices: number) => `One action may last ${span(MOST_SECONDS)}: with ${devices} devices, 1 to ${longest(devices)} whole seconds between two.`,
  preview: (reach: number, wait: number, refuse: number, staggered: boolean) =>
    [reach ? `${reach} ${staggered ? "in turn" : "at once"}` : "", wait ? `${wait} when ${wait === 1 ? "it returns" : "they return"}` : "", refuse ? `${refuse} ${refuse === 1 ? "refuses" : "refuse"}` : ""].filter(Boolean).join(", ") || "No device is asked.",
  done: (count: number, lastAfter: number) => {
    const sent = count === 1 ? "1 command is on its way." : `${count} commands are on their way.`;
    return lastAfter > 0 ? `${sent} The last is due in ${span(lastAfter)}.` : sent;
  },
};
