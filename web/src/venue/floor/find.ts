/** Seats for the palette: by label, guest or zone, on every site. */

import type { QueryClient } from "@tanstack/react-query";
import type { StationOut } from "@/api";
import type { Command } from "@/shell/commands";
import { navigateTo } from "@/shell/navigate";
import { venue as t } from "../texts";
import { stationsQuery } from "./data";
import { byLabel } from "./seat";

const MOST = 8;
const FRESH = 10_000;

export async function findSeats(queries: QueryClient, typed: string): Promise<Command[]> {
  const stations = await queries.fetchQuery({ ...stationsQuery, staleTime: FRESH });
  return named(stations, typed).map((station) => ({ id: `seat ${station.id}`, label: t.seat(station.label), hint: [station.zone, station.session?.guest ?? t.states[station.state]].filter(Boolean).join(", "), group: t.title, run: () => navigateTo(`/floor?seat=${station.id}`) }));
}

/** Those of which every word typed begins a word; a label that is meant exactly comes first. */
export function named(stations: readonly StationOut[], typed: string): StationOut[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const of = (station: StationOut) => ` ${t.seat(station.label)} ${station.zone} ${station.session?.guest ?? ""}`.toLowerCase();
  const exact = (station: StationOut) => (words.includes(station.label.toLowerCase()) ? 0 : 1);
  return stations
    .filter((station) => words.every((word) => of(station).includes(` ${word}`)))
    .sort((a, b) => exact(a) - exact(b) || byLabel(a.label, b.label))
    .slice(0, MOST);
}
