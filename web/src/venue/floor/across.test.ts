/** Up and down on a floor whose zones stand beside and below each other. */

import { describe, expect, it } from "vitest";
import { across, type Box } from "./across";

const seat = (column: number, row: number): Box => ({ left: column * 100, right: column * 100 + 92, top: row * 112, bottom: row * 112 + 104 });
//  A zone of three and two, beside it one of two rows, below the first one more.
const FLOOR = [seat(0, 0), seat(1, 0), seat(2, 0), seat(0, 1), seat(1, 1), seat(4, 0), seat(5, 0), seat(4, 1), seat(0, 2.5), seat(2, 2.5)];

describe("moving across rows", () => {
  it.each([
    [0, 1, 3],
    [1, 1, 4],
    [3, -1, 0],
    [5, 1, 7],
    [3, 1, 8],
  ] as const)("goes straight from %i by %i to %i", (from, by, to) => {
    expect(across(FLOOR, from, by)).toBe(to);
  });
  it("goes on below a row that is too short", () => {
    expect(across(FLOOR, 2, 1)).toBe(9);
  });
  it("takes the nearest where nothing is straight on", () => {
    expect(across(FLOOR, 6, 1)).toBe(7);
  });
  it("ends at the edge, and without a start", () => {
    expect(across(FLOOR, 0, -1)).toBeUndefined();
    expect(across(FLOOR, 9, 1)).toBeUndefined();
    expect(across(FLOOR, -1, 1)).toBeUndefined();
  });
});
