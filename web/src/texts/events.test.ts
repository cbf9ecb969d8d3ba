import { expect, it } from "vitest";
import { about, asStored } from "./events";

const event = (type: string) => ({ type, subject_label: "4" });

it("calls what a session's facts are about a session, and not its seat", () => {
  expect(about(event("payment:returned"))).toBe("a session on Seat 4");
  expect(about(event("session:started"))).toBe("a session on Seat 4");
  expect(about(event("station:added"))).toBe("Seat 4");
});

it("searches for what is stored, not for what the column adds", () => {
  expect(asStored("Seat 4")).toBe("4");
  expect(asStored("seat  a12")).toBe("a12");
  expect(["Seat", "Seattle 4", "4"].map(asStored)).toEqual(["Seat", "Seattle 4", "4"]);
});
