/** Everything that an event can tell is said in words: the list of events is the server's own. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { devicesOf, factsOf, isLabelled } from "./facts";
import type { About } from "./formats";

const about: About = { currency: "EUR", names: new Map([["s1", "Main site"], ["fleet.device.view", "see devices"]]) };
const says = (type: string, data: Record<string, unknown>) => Object.fromEntries(factsOf({ type, data }, about).map((fact) => [fact.label, fact.text]));
const told = (path: string) => readFileSync(join(import.meta.dirname, "../../..", path), "utf8");

describe("every field of every event", () => {
  const events = told("docs/reference/events.md").split("\n").filter((line) => line.startsWith("| `"));
  it("is read from the list", () => expect(events.length).toBeGreaterThan(60));
  it("has a label", () => {
    const missing = events.flatMap((line) => {
      const [, type = "", , data = ""] = line.split("|").map((cell) => cell.trim());
      return [...data.matchAll(/`(\w+)`/g)].map(([, name = ""]) => [type.replaceAll("`", ""), name] as const).filter(([of, name]) => !isLabelled(of, name));
    });
    expect(missing).toEqual([]);
  });
});

describe("every field that people may change", () => {
  const shapes = (JSON.parse(told("web/openapi.json")) as { components: { schemas: Record<string, { properties?: object }> } }).components.schemas;
  it.each(["DeviceChangesIn", "GroupChangesIn", "OrganizationChangeIn", "PolicyIn", "PriceRuleChangeIn", "SiteIn", "StationChangeIn"])("of %s has a label", (shape) => {
    const names = Object.keys(shapes[shape]?.properties ?? {});
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !isLabelled("", name))).toEqual([]);
  });
});

describe("facts", () => {
  it("are money in the event's currency, and lengths in minutes", () => {
    const data = { subject_id: "1", subject_label: "4", station_id: "2", station: "4", ended_by: "staff", played_seconds: 4520, total: 296, refunded: 0, currency: "JPY" };
    expect(says("session:ended", data)).toEqual({ "Ended by": "Staff", "Time played": "1 h 15 min 20 s", "Price in all": expect.stringMatching(/^[^.]*296$/), "Paid back": expect.stringMatching(/0$/) });
  });
  it("are money of the organization where the event names no currency", () => {
    expect(says("price-rule:updated", { changes: { rate: 450, presets: [{ minutes: 90, amount: 600 }] } })).toEqual({
      "Price of an hour": expect.stringMatching(/€.?4\.50|4[.,]50.?€/),
      "Offered at a press": expect.stringMatching(/^1 h 30 min for .*6[.,]00/),
    });
  });
  it("are what changed, one by one, and empty where it was taken away", () => {
    expect(says("venue-policy:updated", { changes: { warning_seconds: [300, 60], business_day_minutes: 365 } })).toEqual({ "Warnings before the end": "5 min, 1 min", "Business day begins at": "06:05" });
    expect(says("device:updated", { changes: { site_id: "s1", group_id: null, maintenance: true } })).toEqual({ Site: "Main site", Group: "none", Maintenance: "Yes" });
  });
  it("are words where the server has codes, and what somebody typed as it is", () => {
    expect(says("signin:ended", { session_id: "1", reason: "password_changed" })).toMatchObject({ Why: "The password was changed" });
    expect(says("session:extended", { minutes: 0, amount: 0, currency: "EUR", reason: "power_cut" })).toMatchObject({ Why: "power_cut" });
    expect(says("role:changed", { added: ["fleet.device.view"], removed: [] })).toEqual({ "May now": "see devices", "May no longer": "none" });
  });
  it("are names where the server has ids, and the end of an id where nothing is known of it", () => {
    const id = "01a20185-0c7e-7317-930b-53e7bb5ec88e";
    expect(says("station:added", { device_id: id, site_id: "s1" })).toEqual({ Device: "…bb5ec88e", Site: "Main site" });
    expect(says("role:changed", { added: ["room.key.turn"], removed: [] })).toMatchObject({ "May now": "room.key.turn" });
  });
  it("of a later version are still shown", () => {
    expect(says("session:started", { loyalty_points: 5 })).toEqual({ "loyalty points": "5" });
  });
});

it("the devices of an event are those that its facts point to", () => {
  expect(devicesOf({ data: { device_id: "a", changes: { device_id: "b" } } })).toEqual(["a", "b"]);
  expect(devicesOf({ data: { device_id: "a", changes: { device_id: null } } })).toEqual(["a"]);
  expect(devicesOf({ data: { resource_kind: "device", resource_id: "c" } })).toEqual(["c"]);
  expect(devicesOf({ data: { resource_kind: "site", resource_id: "s" } })).toEqual([]);
});

it("no amount is told in a currency that is not known yet", () => {
  expect(factsOf({ type: "price-rule:updated", data: { changes: { rate: 450 } } }, { ...about, currency: undefined })).toEqual([{ label: "Price of an hour", text: "…", code: false }]);
});
