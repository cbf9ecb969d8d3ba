/** How the values in events are said: money as money, seconds as hours and minutes, codes as words. */

import { money } from "@/venue/floor/money";
import { moment, span } from "@/ui/time";

/** What a value is said with: the currency where the event names none, and the names of what it points to. */
export interface About {
  /** Undefined while the organization is not known yet. */
  currency: string | undefined;
  names: ReadonlyMap<string, string>;
  /** The site whose clock times are told by. */
  site?: string | null;
}

export type Say = (value: unknown, about: About) => string;

export const NONE = "none";

/** Text as it is; what is no text is shown as it was written down. */
export const plain: Say = (value) => (typeof value === "object" && value !== null ? JSON.stringify(value) : String(value));
export const yes: Say = (value) => (value ? "Yes" : "No");
export const amount: Say = (value, about) => {
  if (typeof value !== "number") return plain(value, about);
  return about.currency ? money(value, about.currency) : "…";
};
export const seconds: Say = (value, about) => (typeof value === "number" ? span(value) : plain(value, about));
export const minutes: Say = (value, about) => (typeof value === "number" ? span(value * 60) : plain(value, about));
export const at: Say = (value, about) => moment(String(value), about.site);
/** The name of what an id points to; of what is gone, or not the reader's to see, as much of the id as tells it from others. */
export const named: Say = (value, about) => about.names.get(String(value)) ?? shortened(String(value));

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Ids begin with the time that they were made at, so their ends differ. Codes, which are no ids, stay whole. */
function shortened(id: string): string {
  return ID.test(id) ? `…${id.slice(-8)}` : id;
}

/** A time of day that is counted in minutes after midnight. */
export const clock: Say = (value, about) => {
  if (typeof value !== "number") return plain(value, about);
  return [Math.floor(value / 60), value % 60].map((part) => String(part).padStart(2, "0")).join(":");
};

/** Words for codes. What is none of them is free text, and stays as it is. */
export const words = (known: Readonly<Record<string, string>>): Say => (value, about) => known[String(value)] ?? plain(value, about);

export const list = (one: Say): Say => (value, about) => {
  if (!Array.isArray(value)) return one(value, about);
  return value.map((each) => one(each, about)).join(", ") || NONE;
};

/** `30 min for €3.00, 60 min for €5.00`. */
export const offers = list((value, about) => {
  const offer = value as { minutes?: unknown; amount?: unknown };
  return `${minutes(offer.minutes, about)} for ${amount(offer.amount, about)}`;
});
