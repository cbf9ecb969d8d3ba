import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { PriceRuleOut, Rounding } from "@/api";
import { amountOf, atRate, bodyOf, draftOf, twice, withOffer } from "./offers";

const rule: PriceRuleOut = {
  id: "r",
  site_id: "s",
  name: "Standard",
  currency: "EUR",
  exponent: 2,
  rate: 500,
  block_seconds: 60,
  block_rounding: "up",
  money_rounding: "half_up",
  presets: [
    { minutes: 20, amount: 167, follows: true },
    { minutes: 60, amount: 500, follows: true },
    { minutes: 120, amount: 900, follows: false },
  ],
  active: true,
  version: 3,
};

const at = (rate: number) => ({ rate, rounding: "half_up" as const });

interface Case {
  rate: number;
  minutes: number;
  rounding: Rounding;
  amount: number;
}
const cases = JSON.parse(readFileSync(join(import.meta.dirname, "../../../../server/tests/modules/venue/pricing/at_rate.json"), "utf8")) as Case[];

describe("a price at the hour's", () => {
  it("is shown as the server prices it", () => {
    expect(cases.length).toBeGreaterThan(5);
    expect(cases.map((one) => atRate(one.rate, one.minutes, one.rounding))).toEqual(cases.map((one) => one.amount));
  });
});

describe("a price as it is typed", () => {
  it("is what is stored until something is typed; what offers at the hour's price cost is the server's to say", () => {
    const presets = [{ minutes: 20, amount: null }, { minutes: 60, amount: null }, { minutes: 120, amount: 900 }];
    expect(bodyOf(draftOf(rule), "EUR")).toEqual({ name: "Standard", rate: 500, presets });
  });

  it("shows the offers at the hour's price at the one that is typed, and leaves those with their own", () => {
    const draft = { ...draftOf(rule), rate: "7.5" };
    expect(draft.offers.map((offer) => amountOf(offer, draft, "EUR"))).toEqual([250, 750, 900]);
  });

  it("does not catch an own price on the way past it", () => {
    // 120 minutes cost 9.00 at 4.5 an hour, which is passed when 4.55 is typed.
    const draft = draftOf(rule);
    for (const rate of ["4", "4.5", "4.55"]) draft.rate = rate;
    expect(bodyOf(draft, "EUR").presets.at(-1)).toEqual({ minutes: 120, amount: 900 });
  });

  it("gives an emptied price back to the hour", () => {
    expect(amountOf({ key: 0, minutes: 120, amount: "" }, at(5), "EUR")).toBe(1000);
    expect(amountOf({ key: 0, minutes: 120, amount: 0 }, at(5), "EUR")).toBe(0);
  });

  it("prices a new offer by its minutes", () => {
    const draft = draftOf(rule);
    const offer = withOffer(draft).at(-1);
    expect(offer).toEqual({ key: 3, minutes: "", amount: null });
    expect(amountOf({ ...offer!, minutes: 90 }, at(5), "EUR")).toBe(750);
  });

  it("knows currencies without decimals", () => {
    expect(amountOf({ key: 0, minutes: 50, amount: null }, at(500), "JPY")).toBe(417);
  });

  it("finds minutes that are offered twice", () => {
    expect(twice([{ key: 0, minutes: 60, amount: null }, { key: 1, minutes: "60", amount: 3 }])).toBe(60);
    expect(twice([{ key: 0, minutes: "", amount: null }, { key: 1, minutes: "", amount: null }])).toBeUndefined();
  });
});
