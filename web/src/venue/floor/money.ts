/** Money is whole minor units everywhere; only what people read is divided. */

const formats = new Map<string, Intl.NumberFormat>();

export function money(amount: number, currency: string): string {
  let format = formats.get(currency);
  if (!format) {
    format = new Intl.NumberFormat(undefined, { style: "currency", currency });
    formats.set(currency, format);
  }
  return format.format(amount / 10 ** exponent(currency));
}

export function exponent(currency: string): number {
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** What people read and type, `4.5`, for the minor units `450`. */
export function major(amount: number, currency: string): number {
  return amount / 10 ** exponent(currency);
}

/** The most that one price may be, in minor units; the server takes no more. */
export const MOST = 10 ** 12;

export type WrongPrice = "empty" | "negative" | "high";

/** Why what somebody typed is no price; 0 is one. */
export function wrongPrice(typed: number | string, currency: string, most = MOST): WrongPrice | undefined {
  const text = String(typed).trim();
  if (text === "") return "empty";
  if (text.startsWith("-")) return "negative";
  const amount = minor(text, currency);
  if (Number.isNaN(amount)) return "empty";
  return amount > most ? "high" : undefined;
}

/** The minor units of what somebody typed. */
export function minor(typed: number | string, currency: string): number {
  return Math.round(Number(typed) * 10 ** exponent(currency));
}
