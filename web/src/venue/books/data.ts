/** The books as the server tells them. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ledgerBalances, ledgerEntries, type BalanceOut, type EntryOut } from "@/api";
import { csvOf } from "@/ui/csv";
import { major } from "../floor/money";
import { venue as t } from "../texts";

export interface Which {
  site_id?: string;
  account_id?: string;
  subject_id?: string;
}

/** Events that may come with an entry: paid, paid back, or owed for time that a fault took. */
export const MONEY = new Set(["payment:received", "payment:returned", "session:merged"]);

async function allBalances(site_id: string | undefined): Promise<BalanceOut[]> {
  const all: BalanceOut[] = [];
  let after: string | undefined;
  do {
    const { data } = await ledgerBalances({ query: { site_id, limit: 500, after }, throwOnError: true });
    all.push(...data.items);
    after = data.next ?? undefined;
  } while (after);
  return all;
}

export function useBalances(site: string | undefined, polled: boolean) {
  return useQuery({ queryKey: ["balances", "books", site], queryFn: () => allBalances(site), refetchInterval: polled ? 30_000 : false });
}

export function useEntries(which: Which, polled: boolean) {
  return useInfiniteQuery({
    queryKey: ["entries", which.site_id, which.account_id, which.subject_id],
    queryFn: async ({ pageParam }) => (await ledgerEntries({ query: { ...which, limit: 100, after: pageParam }, throwOnError: true })).data,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: polled ? 30_000 : false,
  });
}

/** Every entry as CSV, a line for each posting: what is summed in a spreadsheet is summed by account. */
export async function csvOfEntries(which: Which): Promise<string> {
  const all: EntryOut[] = [];
  let after: string | undefined;
  do {
    const { data } = await ledgerEntries({ query: { ...which, limit: 500, after }, throwOnError: true });
    all.push(...data.items);
    after = data.next ?? undefined;
  } while (after);
  const heads = [t.postedAt, t.day, t.kind, t.reason, t.account, t.amount, t.currency, t.by, t.fact];
  return csvOf(heads, all.flatMap((entry) => entry.postings.map((posting) => [entry.posted_at, entry.business_day, entry.kind, entry.reason, posting.account, major(posting.amount, posting.currency), posting.currency, entry.actor_label, entry.key])));
}
