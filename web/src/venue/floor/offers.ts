/** A price rule as it is typed: what an hour costs, and offers that follow it unless they have a price of their own. */

import type { PresetIn, PriceRuleOut, Rounding } from "@/api";
import { major, minor, MOST, wrongPrice, type WrongPrice } from "./money";

type Typed = number | string;

export interface Offer {
  /** Of the row, not of its place: removing one must not move what is typed in another. */
  key: number;
  minutes: Typed;
  /** null: at the hour's price, whatever that becomes. */
  amount: Typed | null;
}

export interface PriceDraft {
  name: string;
  rate: Typed;
  rounding: Rounding;
  offers: Offer[];
}

/** A week: the longest time that is sold at once. */
export const MOST_MINUTES = 10_080;

const ROUNDINGS: Record<Rounding, (value: number) => number> = { up: Math.ceil, down: Math.floor, half_up: Math.round };

/** Minor units for so many minutes when an hour costs `hour`: shown while it is typed. What is stored, the server says. */
export function atRate(hour: number, minutes: number, rounding: Rounding): number {
  return ROUNDINGS[rounding]((hour * minutes) / 60);
}

export function draftOf(rule: PriceRuleOut): PriceDraft {
  const offers = rule.presets.map(({ minutes, amount, follows }, key) => ({ key, minutes, amount: follows ? null : major(amount, rule.currency) }));
  return { name: rule.name, rate: major(rule.rate, rule.currency), rounding: rule.money_rounding, offers };
}

/** Its own price in minor units, or null. A price that was emptied is none of its own. */
function ownOf(offer: Offer, currency: string): number | null {
  return offer.amount === null || offer.amount === "" ? null : minor(offer.amount, currency);
}

/** What the offer costs now, in minor units. */
export function amountOf(offer: Offer, { rate, rounding }: Pick<PriceDraft, "rate" | "rounding">, currency: string): number {
  return ownOf(offer, currency) ?? atRate(minor(rate, currency), Number(offer.minutes), rounding);
}

/** Why this offer cannot be sold so, also where it follows the price of an hour. */
export function wrongOffer(offer: Offer, draft: Pick<PriceDraft, "rate" | "rounding">, currency: string): WrongPrice | "minutes" | undefined {
  const minutes = Number(offer.minutes);
  if (offer.minutes !== "" && !(Number.isInteger(minutes) && minutes >= 1 && minutes <= MOST_MINUTES)) return "minutes";
  if (offer.amount !== null && offer.amount !== "") return wrongPrice(offer.amount, currency);
  // A wrong price of the hour is said there, not at every offer that follows it.
  return !wrongPrice(draft.rate, currency) && amountOf(offer, draft, currency) > MOST ? "high" : undefined;
}

/** Offers without a price of their own are sent without one: the server knows what they cost. */
export function bodyOf(draft: PriceDraft, currency: string): { name: string; rate: number; presets: PresetIn[] } {
  const presets = draft.offers.map((offer) => ({ minutes: Number(offer.minutes), amount: ownOf(offer, currency) }));
  return { name: draft.name, rate: minor(draft.rate, currency), presets: presets.toSorted((a, b) => a.minutes - b.minutes) };
}

export function withOffer(draft: PriceDraft): Offer[] {
  const key = Math.max(-1, ...draft.offers.map((offer) => offer.key)) + 1;
  return [...draft.offers, { key, minutes: "", amount: null }];
}

/** The minutes of the first offer that is there twice. */
export function twice(offers: readonly Offer[]): number | undefined {
  const found = offers.find((offer, at) => offer.minutes !== "" && offers.findIndex((other) => Number(other.minutes) === Number(offer.minutes)) < at);
  return found && Number(found.minutes);
}
