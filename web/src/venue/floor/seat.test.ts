import { expect, it } from "vitest";
import { hour } from "@/ui/time";
import { atClock } from "./seat";

const NOW = "2026-11-22T13:00:00Z";

it("names the day of a time that is not today's", () => {
  const then = atClock("2026-11-29T13:00:00Z", "", Date.parse(NOW));
  expect(atClock(NOW, "", Date.parse(NOW))).toBe(hour(NOW));
  expect(then).toContain(hour(NOW));
  expect(then).toMatch(/29|30/);
});
