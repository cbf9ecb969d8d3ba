/** A zone of the floor: its seats, or folded one line that says how many are in which state. */

import type { FloorState, StationOut } from "@/api";
import { StateLamp } from "@/ui/glyphs";
import { icons } from "@/ui/icons";
import { venue as t } from "../texts";
import { LAMPS, stateAt } from "./seat";
import { Seat } from "./Seat";

export interface ZoneProps {
  name: string;
  stations: readonly StationOut[];
  now: number;
  selected: string | undefined;
  folded: boolean;
  onFold: () => void;
  onSelect: (id: string) => void;
}

export function Zone({ name, stations, now, selected, folded, onFold, onSelect }: ZoneProps) {
  return (
    <section className="zone" aria-label={name}>
      <button type="button" className="zone-head" aria-expanded={!folded} onClick={onFold}>
        {icons.fold}
        <h2 className="zone-name">{name}</h2>
        <span className="grow" />
        <span className="dimmer">{stations.length}</span>
      </button>
      {folded ? (
        <p className="zone-line">{counts(stations, now).map(([state, count]) => <StateLamp key={state} state={LAMPS[state]} word={`${t.states[state]} ${count}`} />)}</p>
      ) : (
        <div className="seats">
          {stations.map((station) => <Seat key={station.id} station={station} now={now} selected={station.id === selected} onSelect={onSelect} />)}
        </div>
      )}
    </section>
  );
}

/** How many seats are in each state, in the order of the chips; states that nobody is in are left out. */
export function counts(stations: readonly StationOut[], now: number): [FloorState, number][] {
  const found = new Map<FloorState, number>();
  for (const station of stations) found.set(stateAt(station, now), (found.get(stateAt(station, now)) ?? 0) + 1);
  return (Object.keys(LAMPS) as FloorState[]).flatMap((state) => (found.has(state) ? [[state, found.get(state) ?? 0] as [FloorState, number]] : []));
}
