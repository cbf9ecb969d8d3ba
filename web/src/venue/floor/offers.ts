/** A price rule as it is typed: what an hour costs, and offers that follow it unless they have a price of their own. */

import type { PresetShape, PriceRuleOut } from "@/api";
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
  offers: Offer[];
}

/** A week: the longest time that is sold at once. */
export const MOST_MINUTES = 10_080;

/** Minor units for so many minutes when an hour costs `hour`. */
export function atRate(hour: number, minutes: number): number {
  return Math.round((hour * minutes) / 60);
}

export function draftOf(rule: PriceRuleOut): PriceDraft {
  const offers = rule.presets.map(({ minutes, amount }, key) => ({ key, minutes, amount: amount === atRate(rule.rate, minutes) ? null : major(amount, rule.currency) }));
  return { name: rule.name, rate: major(rule.rate, rule.currency), offers };
}

/** What the offer costs now, in minor units. A price that was emptied is none of its own. */
export function amountOf(offer: Offer, rate: Typed, currency: string): number {
  return offer.amount === null || offer.amount === "" ? atRate(minor(rate, currency), Number(offer.minutes)) : minor(offer.amount, currency);
}

/** Why this offer cannot be sold so, also where it follows the price of an hour. */
export function wrongOffer(offer: Offer, rate: Typed, currency: string): WrongPrice | "minutes" | undefined {
  const minutes = Number(offer.minutes);
  if (offer.minutes !== "" && !(Number.isInteger(minutes) && minutes >= 1 && minutes <= MOST_MINUTES)) return "minutes";
  if (offer.amount !== null && offer.amount !== "") return wrongPrice(offer.amount, currency);
  // A wrong price of the hour is said there, not at every offer that follows it.
  return !wrongPrice(rate, currency) && amountOf(offer, rate, currency) > MOST ? "high" : undefined;
}

export function bodyOf(draft: PriceDraft, currency: string): { name: string; rate: number; presets: PresetShape[] } {
  const presets = draft.offers.map((offer) => ({ minutes: Number(offer.minutes), amount: amountOf(offer, draft.rate, currency) }));
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
