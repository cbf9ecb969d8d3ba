/** Prices that are none: said in the form, and not sent. */

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactElement } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { venue as t } from "../texts";
import { FirstPrice } from "./FirstPrice";
import { money, MOST, wrongPrice } from "./money";
import { PriceForm } from "./PriceForm";
import { wrongOffer } from "./offers";

const make = vi.hoisted(() => vi.fn());
const change = vi.hoisted(() => vi.fn());

vi.mock("@/client/me", () => ({ useMay: () => () => true }));
vi.mock("@/api", async (original) => ({
  ...(await original<typeof import("@/api")>()),
  organizationsGetOrganization: async () => ({ data: { currency: "EUR" } }),
  pricesMakeRule: make,
  pricesChangeRule: change,
}));

const RULE = {
  id: "r", site_id: "s", name: "Standard", currency: "EUR", exponent: 2, rate: 500, block_seconds: 60, block_rounding: "up" as const,
  money_rounding: "half_up" as const, presets: [{ minutes: 60, amount: 500, follows: true }], active: true, version: 3,
};

function show(form: ReactElement): void {
  render(<MantineProvider env="test"><QueryClientProvider client={new QueryClient()}>{form}</QueryClientProvider></MantineProvider>);
}

async function type(label: string, text: string): Promise<void> {
  const person = userEvent.setup();
  const field = await screen.findByLabelText(new RegExp(`^${label}`));
  await person.clear(field);
  if (text) await person.type(field, text);
  await person.keyboard("{Enter}");
  await person.click(screen.getByRole("button", { name: new RegExp(`^(${t.makePrice}|${t.priceSave})$`) }));
}

afterEach(() => {
  cleanup();
  make.mockReset();
  change.mockReset();
});

describe("the first price", () => {
  it.each([
    ["-5", t.priceWrong.negative()],
    ["", t.priceWrong.empty()],
    ["99999999999", t.priceWrong.high(money(MOST / 2, "EUR"))],
  ])("is not %j", async (text, said) => {
    show(<FirstPrice site="s" />);
    await type(t.pricePer, text);
    expect(screen.getByText(said)).toBeTruthy();
    expect(make).not.toHaveBeenCalled();
  });

  it("may be nothing on purpose", async () => {
    make.mockResolvedValue({ data: RULE });
    show(<FirstPrice site="s" />);
    await type(t.pricePer, "0");
    expect(make).toHaveBeenCalledWith(expect.objectContaining({ body: { site_id: "s", rate: 0, presets: [30, 60, 120].map((minutes) => ({ minutes })) } }));
  });
});

describe("the price of an hour", () => {
  it.each([
    [t.pricePer, "-5", t.priceWrong.negative()],
    [t.pricePer, "99999999999", t.priceWrong.high(money(MOST, "EUR"))],
    [t.presetAmount(1), "-1", t.offerWrong(1, t.priceWrong.negative())],
    [t.presetAmount(1), "99999999999", t.offerWrong(1, t.priceWrong.high(money(MOST, "EUR")))],
    [t.presetMinutes(1), "20000", t.offerWrong(1, t.minutesWrong(10_080))],
  ])("refuses %s %j", async (label, text, said) => {
    show(<PriceForm inForce={RULE} onClose={() => undefined} />);
    await type(label, text);
    expect(screen.getByText(said)).toBeTruthy();
    expect(change).not.toHaveBeenCalled();
  });
});

describe("what is no price", () => {
  it("counts in minor units", () => {
    expect(wrongPrice(10 ** 10, "EUR")).toBeUndefined();
    expect(wrongPrice("10000000000.01", "EUR")).toBe("high");
    expect(wrongPrice(10 ** 12, "JPY")).toBeUndefined();
    expect(wrongPrice("-", "EUR")).toBe("negative");
    expect(wrongPrice(0, "EUR")).toBeUndefined();
  });

  it("is also an offer that follows a dear hour", () => {
    const at = (rate: number | string) => ({ rate, rounding: "half_up" as const });
    expect(wrongOffer({ key: 0, minutes: 120, amount: null }, at(10 ** 10), "EUR")).toBe("high");
    expect(wrongOffer({ key: 0, minutes: 60, amount: null }, at(10 ** 10), "EUR")).toBeUndefined();
    expect(wrongOffer({ key: 0, minutes: 120, amount: null }, at("-5"), "EUR")).toBeUndefined();
  });
});
