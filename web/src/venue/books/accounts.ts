/** The books in plain words: what an account is, what it holds, what an entry moved. */

import type { BalanceOut, EntryOut } from "@/api";
import { venue as t } from "../texts";

const GUESTS = "liability:credit:";

/** What people call an account. A name that is not known is shown as it is. */
export function plain(name: string): string {
  if (name === "asset:cash:main") return t.accounts.drawer;
  if (name.startsWith("asset:cash:")) return t.accounts.drawerNamed(name.slice("asset:cash:".length));
  if (name === "revenue:time") return t.accounts.time;
  if (name.startsWith(GUESTS)) return t.accounts.guest;
  return name;
}

/** Debits minus credits as people count: what was earned or is owed is written without its minus. */
export function held(account: Pick<BalanceOut, "family" | "balance">): number {
  return account.family === "asset" || account.family === "expense" ? account.balance : 0 - account.balance;
}

export interface Balance {
  /** The one account behind it; null where it stands for several. */
  id: string | null;
  key: string;
  site_id: string;
  name: string;
  /** As the ledger names it. */
  account: string;
  currency: string;
  amount: number;
}

/** One line for each account; what is owed to guests is one line, however many they are. */
export function balancesOf(accounts: readonly BalanceOut[]): Balance[] {
  const lines = new Map<string, Balance>();
  for (const account of accounts) {
    const owed = account.name.startsWith(GUESTS);
    const key = owed ? [account.site_id, GUESTS, account.currency].join(" ") : account.id;
    const before = lines.get(key);
    lines.set(key, {
      id: owed ? null : account.id,
      key,
      site_id: account.site_id,
      name: owed ? t.accounts.guests : plain(account.name),
      account: owed ? `${GUESTS}*` : account.name,
      currency: account.currency,
      amount: (before?.amount ?? 0) + held(account),
    });
  }
  return [...lines.values()];
}

/** What came in (or went out, negative); where no money changed hands, what was moved. */
export function moved(entry: Pick<EntryOut, "postings">): { amount: number; currency: string } {
  const cash = entry.postings.filter((posting) => posting.account.startsWith("asset:"));
  const counted = cash.length > 0 ? cash : entry.postings.filter((posting) => posting.amount > 0);
  return { amount: counted.reduce((sum, posting) => sum + posting.amount, 0), currency: counted[0]?.currency ?? "EUR" };
}
