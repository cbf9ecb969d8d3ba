import { expect, test } from "vitest";
import { problemOf } from "./problem";

test("people are told how long to wait, not of a header", () => {
  const told = { status: 429, code: "too_many_requests", detail: "Too many requests. Wait as long as Retry-After says and try again.", retry_after: 12 };
  expect(problemOf(told).detail).toBe("Too many requests. Try again in 12 s.");
  expect(problemOf({ ...told, retry_after: 3600 }).detail).toBe("Too many requests. Try again in 60 min.");
});

test("other problems are told as they are", () => {
  const told = { status: 409, code: "name_taken", detail: "This name is taken. Choose another." };
  expect(problemOf(told)).toEqual(told);
});
