/** One seat of the floor, read from two metres. */

import { memo, useEffect, useRef } from "react";
import type { StationOut } from "@/api";
import { Drain } from "@/ui/Drain";
import { Glyph } from "@/ui/glyphs";
import { venue as t } from "../texts";
import { below, LAMPS, share, stateAt, word } from "./seat";

export const Seat = memo(function Seat({ station, now, selected, onSelect }: { station: StationOut; now: number; selected: boolean; onSelect: (id: string) => void }) {
  const state = stateAt(station, now);
  const lamp = LAMPS[state];
  const large = word(station, now);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (selected) button.current?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  return (
    <button ref={button} type="button" className={`seat is-${lamp}`} data-state={state} aria-pressed={selected} data-seat={station.label} onClick={() => onSelect(station.id)}>
      <span className="row between"><span className="seat-label"><span className="vh">{t.noun} </span>{station.label}</span><Glyph state={lamp} size={15} /></span>
      <span className={`seat-word ${station.session ? "" : "dim"}`}>{large}{station.session ? <span className="vh">, {t.states[state]}</span> : null}</span>
      <span className="seat-below cut" title={below(station)}>{below(station)}</span>
      {station.session ? <Drain left={share(station, now)} state={lamp} soon={state === "ending"} /> : <span className="drain-none" />}
    </button>
  );
});
