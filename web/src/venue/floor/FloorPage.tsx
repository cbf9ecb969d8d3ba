/** The live floor: every seat at a glance, a session sold in two interactions. */

import { Button, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ledgerBalances, type FloorState, type StationOut } from "@/api";
import { useMay } from "@/client/me";
import { useSite, useSites } from "@/client/site";
import { useAddress, type Asks } from "@/shell/address";
import { useCommands } from "@/shell/commands";
import { Chips } from "@/ui/Chips";
import { Page, Panel } from "@/ui/Page";
import { Empty, ErrorState, Loading } from "@/ui/states";
import { venue as t } from "../texts";
import { across } from "./across";
import { AddSeats } from "./AddSeats";
import { CommandLine } from "./CommandLine";
import { useFloor, useLivePrices } from "./data";
import { money } from "./money";
import { Prices } from "./Prices";
import { byLabel, LAMPS, left, stateAt } from "./seat";
import { SeatPanel } from "./SeatPanel";
import { useLook } from "./look";
import { counts, Zone } from "./Zone";
import "./floor.css";

export interface FloorSearch extends Asks {
  state?: FloorState[];
  seat?: string;
  order?: "soonest";
}

const MOVES = [
  ["j", 1, false],
  ["k", -1, false],
  ["ArrowRight", 1, false],
  ["ArrowLeft", -1, false],
  ["ArrowDown", 1, true],
  ["ArrowUp", -1, true],
] as const;

export function FloorPage() {
  const [search, set] = useAddress<FloorSearch>("seat");
  const may = useMay();
  const floor = useFloor();
  useLivePrices();
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const sites = useSites();
  const chosen = useSite();
  // Labels are a site's own, so one floor is one site: the chosen one, else the first that has seats.
  const used = new Set(floor.data?.map((station) => station.site_id));
  const places = sites.data?.filter((one) => used.has(one.id)) ?? [];
  const site = chosen?.id ?? places[0]?.id ?? sites.data?.[0]?.id;
  const unchosen = !chosen && places.length > 1 ? places[0]?.name : undefined;
  const stations = useMemo(
    () => (floor.data ?? []).filter((one) => !site || one.site_id === site).toSorted((a, b) => a.position - b.position || byLabel(a.label, b.label)),
    [floor.data, site],
  );
  const shown = stations.filter((station) => !search.state?.length || search.state.includes(stateAt(station, now)));
  const look = useLook(stations.length);
  const zones = useRef<HTMLDivElement>(null);
  const groups = grouped(shown, search.order === "soonest", now);
  const flat = groups.flatMap((group) => (look.folded.includes(group.zone) ? [] : group.stations));
  const open = stations.find((station) => station.id === search.seat);
  const move = (by: -1 | 1, rows: boolean) => {
    const at = flat.findIndex((station) => station.id === search.seat);
    const boxes = () => [...(zones.current?.querySelectorAll("[data-seat]") ?? [])].map((seat) => seat.getBoundingClientRect());
    const next = flat[rows && at >= 0 ? (across(boxes(), at, by) ?? at) : Math.max(0, Math.min(flat.length - 1, at + by))];
    if (next) set({ seat: next.id });
  };
  // One function for all seats, so that a second of the clock draws only the seats that changed.
  const select = useCallback((id: string) => set((now) => ({ seat: id === now.seat ? undefined : id })), [set]);
  const addSeats = may("venue.station.arrange", site ? { id: site } : undefined) ? () => set({ ask: "seats" }) : undefined;
  const prices = may("venue.price.edit", site ? { id: site } : undefined) ? () => set({ ask: "prices" }) : undefined;
  useCommands([
    ...MOVES.map(([keys, by, rows]) => ({ id: `seat ${keys}`, label: t.moveSeat, keys, quiet: true, repeats: true, run: () => move(by, rows) })),
    { id: "seat close", label: t.closeSeat, keys: "Escape", quiet: true, disabled: open ? undefined : "-", run: () => set({ seat: undefined }) },
    { id: "floor order", label: search.order ? t.plan : t.soonest, keys: "v", group: t.title, run: () => set({ order: search.order ? undefined : "soonest" }) },
    { id: "floor density", label: look.dense ? t.roomy : t.dense, keys: "d", group: t.title, run: look.toggle },
  ]);
  const present = new Map(counts(stations, now));
  const chips = (Object.keys(LAMPS) as FloorState[]).filter((state) => present.has(state) || search.state?.includes(state)).map((state) => ({ value: state, word: t.states[state], state: LAMPS[state], count: present.get(state) ?? 0 }));
  return (
    <Page
      title={t.title}
      subtitle={<Place site={site} name={unchosen} />}
      bar={
        stations.length > 0 ? (
          <>
            {unchosen ? <span className="phone dim">{unchosen}</span> : null}
            <Chips label={t.title} chips={chips} on={search.state ?? []} onChange={(state) => set({ state: state as FloorState[] })} />
            <span className="grow" />
            {addSeats ? <Button className="desk" variant="subtle" onClick={addSeats}>{t.addSeats}</Button> : null}
            {prices ? <Button className="desk" variant="subtle" onClick={prices}>{t.prices}</Button> : null}
            <SegmentedControl aria-label={t.order} size="xs" value={search.order ?? "plan"} onChange={(value) => set({ order: value === "soonest" ? "soonest" : undefined })} data={[{ value: "plan", label: t.plan }, { value: "soonest", label: t.soonest }]} />
          </>
        ) : null
      }
      panel={open ? <Panel label={t.seat(open.label)} onClose={() => set({ seat: undefined })}><SeatPanel key={open.id} station={open} now={now} onClose={() => set({ seat: undefined })} /></Panel> : null}
    >
      <div className="floor-scroll" data-dense={look.dense || undefined}>
        {floor.error && stations.length === 0 ? <ErrorState error={floor.error} retry={() => void floor.refetch()} /> : null}
        {floor.isPending ? <Loading rows={4} height={104} /> : null}
        {floor.data && stations.length === 0 ? <Empty title={t.noSeats} act={addSeats ? <Button variant="filled" onClick={addSeats}>{t.addSeats}</Button> : null}>{t.noSeatsDetail}</Empty> : null}
        <div className="zones" ref={zones}>
          {groups.map((group) => (
            <Zone key={group.zone} name={group.zone || t.all} stations={group.stations} now={now} selected={search.seat} folded={look.folded.includes(group.zone)} onFold={() => look.fold(group.zone)} onSelect={select} />
          ))}
        </div>
      </div>
      {stations.length > 0 ? <CommandLine stations={stations} onSelect={(id) => set({ seat: id })} /> : null}
      {search.ask === "seats" && addSeats && floor.data ? <AddSeats site={site} stations={floor.data} onClose={() => set({ ask: undefined })} /> : null}
      {search.ask === "prices" && prices && floor.data ? <Prices site={site} onClose={() => set({ ask: undefined })} /> : null}
    </Page>
  );
}

function grouped(stations: readonly StationOut[], soonest: boolean, now: number): { zone: string; stations: StationOut[] }[] {
  if (soonest) {
    const end = (station: StationOut) => left(station, now) ?? Number.POSITIVE_INFINITY;
    return [{ zone: t.soonest, stations: stations.toSorted((a, b) => end(a) - end(b)) }];
  }
  const zones = new Map<string, StationOut[]>();
  for (const station of stations) zones.set(station.zone, [...(zones.get(station.zone) ?? []), station]);
  return [...zones].map(([zone, inside]) => ({ zone, stations: inside }));
}

/** Which site this is, where there are several, and what is in its drawers. */
function Place({ site, name }: { site: string | undefined; name: string | undefined }) {
  const may = useMay();
  const balances = useQuery({ queryKey: ["balances"], queryFn: async () => (await ledgerBalances({ throwOnError: true })).data.items, enabled: may("venue.ledger.view"), refetchInterval: 30_000 });
  const drawers = balances.data?.filter((one) => one.name.startsWith("asset:cash") && one.site_id === site) ?? [];
  return [name, ...drawers.map((one) => t.drawer(money(one.balance, one.currency)))].filter(Boolean).join(" · ");
}
