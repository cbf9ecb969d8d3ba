/** Whose clock times are told by, and where its zone is named. */

import { MantineProvider } from "@mantine/core";
import { act, cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exact, hour, moment, span } from "./time";
import { When } from "./When";
import { fromClock, onClock, tellTimesOf } from "./zone";

const NOON = "2026-11-21T12:00:00Z";
const SITES = new Map([["tokyo", "Asia/Tokyo"], ["home", "Europe/London"]]);
const before = process.env.TZ;

beforeEach(() => {
  process.env.TZ = "Europe/Lisbon";
  tellTimesOf(undefined, SITES);
});
afterEach(() => {
  cleanup();
  process.env.TZ = before;
  tellTimesOf(undefined, new Map());
});

describe("a time", () => {
  it("is the reader's while no site is looked at", () => {
    expect(hour(NOON)).toMatch(/^12:00( PM)?$/);
    expect(moment(NOON)).not.toContain("Lisbon");
    expect(exact(NOON)).toMatch(/12:00:00.*\(Europe\/Lisbon\)$/);
  });
  it("is the site's where one is looked at, and its zone is named", () => {
    tellTimesOf("America/New_York", SITES);
    expect(hour(NOON)).toMatch(/^0?7:00.* (EST|GMT-5)$/);
    expect(moment(NOON)).toMatch(/7:00:00.*\(America\/New York\)$/);
    expect(exact(NOON)).toBe(moment(NOON));
  });
  it("is that of the site where it happened", () => {
    expect(hour(NOON, "tokyo")).toMatch(/^0?9:00( PM)? GMT\+9$|^21:00 GMT\+9$/);
    expect(exact(NOON, "tokyo")).toMatch(/\(Asia\/Tokyo\)$/);
  });
  it("needs no zone where the clocks show the same", () => {
    tellTimesOf("Europe/London", SITES);
    expect(hour(NOON)).toMatch(/^12:00( PM)?$/);
    expect(moment(NOON)).not.toContain("London");
  });
  it("is the reader's where the browser does not know the site's zone", () => {
    tellTimesOf("Mars/Olympus_Mons", SITES);
    expect(exact(NOON)).toContain("(Europe/Lisbon)");
  });
  it("names its zone on asking, also when another site is looked at later", async () => {
    render(<MantineProvider env="test"><When time={NOON} /></MantineProvider>);
    await userEvent.hover(screen.getByRole("time"));
    await screen.findByText(/\(Europe\/Lisbon\)/);
    act(() => tellTimesOf("Asia/Tokyo", SITES));
    await screen.findByText(/\(Asia\/Tokyo\)/);
  });
});

describe("a field for a time", () => {
  it("shows and reads the clock of the site that is looked at", () => {
    expect(onClock(Date.parse(NOON))).toBe("2026-11-21T12:00");
    tellTimesOf("Asia/Tokyo", SITES);
    expect(onClock(Date.parse(NOON))).toBe("2026-11-21T21:00");
    expect(fromClock("2026-11-21T21:00")).toBe(Date.parse(NOON));
  });
  it.each(["2026-03-08T01:59", "2026-03-08T03:00", "2026-11-01T00:59", "2026-11-01T02:00", "2026-07-01T12:00"])("finds %s again, also where the clocks change", (text) => {
    expect(onClock(fromClock(text, "America/New_York") ?? 0, "America/New_York")).toBe(text);
  });
  it("that is emptied is no time", () => {
    expect(fromClock("")).toBeUndefined();
  });
});

it.each([
  [0, "0 s"],
  [45, "45 s"],
  [80, "1 min 20 s"],
  [300, "5 min"],
  [7500, "2 h 5 min"],
  [-90, "\u22121 min 30 s"],
])("%d seconds are %s", (seconds, said) => expect(span(seconds)).toBe(said));
