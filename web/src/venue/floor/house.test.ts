import { describe, expect, it } from "vitest";
import { minutesOf, timeOf, warnings } from "./house";

describe("the house rules", () => {
  it.each([
    ["5, 1", [300, 60]],
    ["1 5", [300, 60]],
    ["0.5; 10; 10", [600, 30]],
    ["", []],
    ["0", null],
    ["61", null],
    ["five", null],
    ["1,2,3,4,5,6,7,8,9", null],
  ])("reads warnings %j", (text, seconds) => {
    expect(warnings(text)).toEqual(seconds);
  });

  it("writes and reads the start of the day", () => {
    expect(timeOf(365)).toBe("06:05");
    expect(minutesOf("06:05")).toBe(365);
    expect(minutesOf("")).toBeNull();
  });
});
