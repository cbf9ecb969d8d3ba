/** The floor as the server tells it, kept true by the live socket; and what can be done with a seat. */

import { queryOptions, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { pricesListRules, sessionsEnd, sessionsExtend, sessionsQuoted, sessionsRead, sessionsStart, sessionsUndo, stationsList, type PriceRuleOut, type SessionOut, type StationOut } from "@/api";
import { idempotencyKey } from "@/client/configure";
import type { Frame } from "@/realtime/frames";
import { useLive } from "@/realtime/hooks";
import { reread } from "@/realtime/reread";
import { tell } from "@/ui/Toasts";
import { venue as t } from "../texts";
import { money } from "./money";

const STATIONS = ["stations"];

async function allStations(): Promise<StationOut[]> {
  const all: StationOut[] = [];
  let after: string | undefined;
  do {
    const { data } = await stationsList({ query: { limit: 500, after }, throwOnError: true });
    all.push(...data.items);
    after = data.next ?? undefined;
  } while (after);
  return all;
}

export const stationsQuery = queryOptions({ queryKey: STATIONS, queryFn: allStations });

export function useFloor() {
  const queries = useQueryClient();
  const reload = () => {
    void queries.invalidateQueries({ queryKey: STATIONS });
    void queries.invalidateQueries({ queryKey: ["session"] });
  };
  useLive(["stations"], (frame) => apply(queries, frame), reload);
  return useQuery(stationsQuery);
}

/** The seats without listening for changes: for a dialog on a page that listens. */
export function useStations() {
  return useQuery(stationsQuery);
}

export function apply(queries: QueryClient, frame: Frame): void {
  if (frame.event === "station:status") {
    const card = frame.data as unknown as StationOut & { subject_id: string };
    const id = card.subject_id ?? card.id;
    queries.setQueryData<StationOut[]>(STATIONS, (stations) => stations?.map((one) => (one.id === id && card.told > one.told ? { ...one, ...card, id } : one)));
    reread(queries, STATIONS);
  } else if (frame.event.startsWith("station:")) {
    void queries.invalidateQueries({ queryKey: STATIONS });
  } else if (frame.event.startsWith("session:")) {
    void queries.invalidateQueries({ queryKey: ["session", String(frame.data.subject_id)] });
  }
}

/** Keep every price that is shown true while the component stands: the offers, and what a sale would cost. */
export function useLivePrices(): void {
  const queries = useQueryClient();
  const reprice = () => {
    for (const key of ["rules", "quote"]) void queries.invalidateQueries({ queryKey: [key] });
  };
  useLive(["price-rules"], (frame) => { if (frame.event.startsWith("price-rule:")) reprice(); }, reprice);
}

export async function readRules(): Promise<PriceRuleOut[]> {
  return (await pricesListRules({ throwOnError: true })).data.items;
}

export function useRules() {
  return useQuery({ queryKey: ["rules"], queryFn: readRules });
}

export function ruleOf(rules: readonly PriceRuleOut[] | undefined, site: string): PriceRuleOut | undefined {
  return rules?.find((rule) => rule.active && rule.site_id === site);
}

export function useSession(id: string | undefined) {
  return useQuery({
    queryKey: ["session", id],
    queryFn: async () => (await sessionsRead({ path: { session_id: id ?? "" }, throwOnError: true })).data,
    enabled: id !== undefined,
  });
}

/**
 * What selling so many minutes would cost, or without minutes what ending now would give back (negative). Asked again
 * as soon as the seat is another: what it says of a free one is not true of one that went out of order.
 */
export function useQuote(station: StationOut | undefined, minutes?: number) {
  return useQuery({
    queryKey: ["quote", station?.id, minutes, station?.state, station?.version, station?.session?.id, station?.session?.ends_at],
    queryFn: async () => (await sessionsQuoted({ query: { station: station?.label ?? "", site_id: station?.site_id, minutes }, throwOnError: true })).data,
    enabled: station !== undefined,
    staleTime: 5000,
    // What goes back becomes less with every minute, and a sale that is not made yet ends later.
    refetchInterval: 5000,
  });
}

/** Sell time: a new session at a free seat, more of it at a busy one. It can be taken back for ten seconds. */
export async function sell(station: StationOut, minutes: number, expected: number | undefined, changed: () => void): Promise<void> {
  const headers = { "idempotency-key": idempotencyKey() };
  const body = { minutes, method: "cash" as const, expected_amount: expected };
  const running = station.session;
  const { data } = running
    ? await sessionsExtend({ path: { session_id: running.id }, body, headers, throwOnError: true })
    : await sessionsStart({ body: { ...body, station_id: station.id }, headers, throwOnError: true });
  changed();
  const purchase = data.purchases.at(-1);
  if (!purchase) return;
  const text = (running ? t.extended : t.sold)(station.label, purchase.minutes, money(purchase.amount, data.currency));
  tell(text, () => void takeBack(data, purchase.id, station.label, changed));
}

async function takeBack(session: SessionOut, purchase: string, label: string, changed: () => void): Promise<void> {
  try {
    await sessionsUndo({ path: { session_id: session.id, purchase_id: purchase }, headers: { "idempotency-key": idempotencyKey() }, throwOnError: true });
    tell(t.undone(label));
  } catch (error) {
    tell((error as { detail?: string }).detail ?? String(error));
  } finally {
    changed();
  }
}

export async function endSession(station: StationOut, changed: () => void): Promise<void> {
  if (!station.session) return;
  await sessionsEnd({ path: { session_id: station.session.id }, headers: { "idempotency-key": idempotencyKey() }, throwOnError: true });
  tell(t.ended(station.label));
  changed();
}
