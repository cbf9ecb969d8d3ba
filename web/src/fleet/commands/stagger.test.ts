/** How long many devices one after the other take, and what the API refuses. */

import { describe, expect, it } from "vitest";
import { allowed, longest, MOST_SECONDS, spread } from "./stagger";
import { commands as t } from "./texts";

describe("one after the other", () => {
  it("lasts as long as there are gaps between them", () => {
    expect(spread(12, 30)).toBe(330);
    expect(spread(1, 30)).toBe(0);
    expect(spread(0, 30)).toBe(0);
    expect(spread(12, null)).toBe(0);
    expect(spread(12, "")).toBe(0);
  });
  it("is said in one sentence", () => {
    expect(t.lasts(12, 30)).toBe("One every 30 s by name: the first now, the last of 12 after 5 min 30 s.");
    expect(t.lasts(41, 90)).toBe("One every 1 min 30 s by name: the first now, the last of 41 after 1 h.");
    expect(t.lasts(12, null)).toBe("All 12 are asked now.");
    expect(t.lasts(1, 30)).toBe("The device is asked now.");
    expect(t.lasts(12, "")).toBe("");
  });
  it("ends within the day that the API allows", () => {
    expect(longest(13)).toBe(7200);
    expect(longest(2)).toBe(MOST_SECONDS);
    expect(allowed(13, 7200)).toBe(true);
    expect(allowed(13, 7201)).toBe(false);
    expect(t.lasts(13, 7201)).toBe("");
    expect(t.refused(13)).toBe("One action may last 24 h: with 13 devices, 1 to 7200 whole seconds between two.");
  });
  it("takes whole seconds, at least one, also for the most devices", () => {
    for (const interval of [0, -1, 1.5, Number.NaN, ""] as const) expect(allowed(3, interval)).toBe(false);
    expect(allowed(3, null)).toBe(true);
    expect(longest(2000)).toBe(43);
    expect(allowed(2000, longest(2000))).toBe(true);
  });
});
