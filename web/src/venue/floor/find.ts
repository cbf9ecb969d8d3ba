/** Seats for the palette, on every site. */

import type { QueryClient } from "@tanstack/react-query";
import type { Command } from "@/shell/commands";
import { navigateTo } from "@/shell/navigate";
import { matching } from "@/shell/Palette";
import { venue as t } from "../texts";
import { stationsQuery } from "./data";
import { byLabel } from "./seat";

const MOST = 8;
const FRESH = 10_000;

export async function findSeats(queries: QueryClient, typed: string): Promise<Command[]> {
  const stations = await queries.fetchQuery({ ...stationsQuery, staleTime: FRESH });
  const seats = stations.toSorted((a, b) => byLabel(a.label, b.label)).map((station) => ({ id: `seat ${station.id}`, label: t.seat(station.label), hint: [station.zone, station.session?.guest ?? t.states[station.state]].filter(Boolean).join(", "), run: () => navigateTo(`/floor?seat=${station.id}`) }));
  return matching(seats, typed, []).slice(0, MOST);
}
