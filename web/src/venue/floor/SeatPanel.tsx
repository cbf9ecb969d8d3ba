/** One seat: how long, what it costs, what can be done, what its machine says. */

import { Button, Modal } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { stationsTakeBack, type PresetOut, type SessionOut, type StationOut } from "@/api";
import { useAct } from "@/client/act";
import { useMay } from "@/client/me";
import { useCommands } from "@/shell/commands";
import { Changed } from "@/ui/changed";
import { Drain } from "@/ui/Drain";
import { StateLamp } from "@/ui/glyphs";
import { Key } from "@/ui/Key";
import { Section } from "@/ui/Page";
import { ErrorLine } from "@/ui/states";
import { clock } from "@/ui/time";
import { When } from "@/ui/When";
import { venue as t } from "../texts";
import { Arrange } from "./Arrange";
import { endSession, ruleOf, sell, useQuote, useRules, useSession } from "./data";
import { FirstPrice } from "./FirstPrice";
import { money } from "./money";
import { OutDialog } from "./OutDialog";
import { Past } from "./Past";
import { atClock, LAMPS, left, share, stateAt } from "./seat";
import "../bill.css";

export function SeatPanel({ station, now, onClose }: { station: StationOut; now: number; onClose: () => void }) {
  const may = useMay();
  const queries = useQueryClient();
  const act = useAct();
  const rules = useRules();
  const session = useSession(station.session?.id);
  const [asking, setAsking] = useState<"end" | "out" | "arrange" | null>(null);
  const state = stateAt(station, now);
  const seconds = left(station, now);
  const rule = ruleOf(rules.data, station.site_id);
  const presets: PresetOut[] = session.data?.presets ?? rule?.presets ?? [];
  const currency = session.data?.currency ?? rule?.currency ?? "EUR";
  const changed = () => {
    void queries.invalidateQueries({ queryKey: ["session"] });
    void queries.invalidateQueries({ queryKey: ["balances"] });
  };
  const sellable = station.session ? may("venue.session.extend", station) : may("venue.session.start", station) && station.state === "free";
  const take = async (preset: PresetOut) => {
    // A refusal may mean that the price changed a moment ago: the next press is at the one in force.
    if (!(await act.run(() => sell(station, preset.minutes, preset.amount, changed)))) void queries.invalidateQueries({ queryKey: ["rules"] });
  };
  const mayArrange = may("venue.station.arrange", station);
  useCommands([
    ...(sellable ? presets.slice(0, 9).map((preset, index) => ({ id: `sell ${preset.minutes}`, label: `${t.seat(station.label)}: ${station.session ? t.add_(preset.minutes) : t.sell(preset.minutes)}`, keys: String(index + 1), group: t.title, run: () => void take(preset) })) : []),
    ...(station.session && may("venue.session.end", station) ? [{ id: "end", label: t.end, keys: "e", group: t.title, keywords: t.keywords.end, run: () => setAsking("end") }] : []),
    ...(mayArrange ? [{ id: "arrange", label: t.arrangeTitle(station.label), keys: "a", group: t.title, run: () => setAsking("arrange") }] : []),
  ]);
  return (
    <>
      <Section>
        <div className="row between">
          <div className="row" style={{ gap: "var(--s3)", minWidth: 0 }}>
            <span className="clock">{station.label}</span>
            <div className="stack" style={{ gap: 0, minWidth: 0, overflowWrap: "anywhere" }}>
              <StateLamp state={LAMPS[state]} word={t.states[state]} />
              <span className="dim">{[station.zone, station.session?.guest].filter(Boolean).join(", ")}</span>
            </div>
          </div>
          <Button variant="subtle" size="compact-sm" onClick={onClose}><Key keys="Escape" /></Button>
        </div>
      </Section>
      {station.session && seconds !== null ? (
        <Section>
          <div className="row between">
            <span className="clock" role="timer">{clock(seconds)}</span>
            <span className="dim" style={{ textAlign: "right" }}>{t.ends(atClock(station.session.ends_at, station.site_id))}<br />{t.started(atClock(station.session.started_at, station.site_id))}</span>
          </div>
          <Drain left={share(station, now)} state={LAMPS[state]} soon={state === "ending"} label={t.left} />
        </Section>
      ) : null}
      {sellable && rules.data && !rule && presets.length === 0 ? <Section><FirstPrice site={station.site_id} /></Section> : null}
      {sellable && rule && presets.length === 0 ? <Section><p className="dim">{t.noOffers}</p></Section> : null}
      {sellable && presets.length > 0 ? (
        <Section>
          <div className="presets">
            {presets.map((preset, index) => (
              <Button key={preset.minutes} variant={index === 1 || presets.length === 1 ? "filled" : "default"} disabled={act.busy} onClick={() => void take(preset)} rightSection={<Key keys={String(index + 1)} />}>
                <span>{station.session ? t.add_(preset.minutes) : t.sell(preset.minutes)}</span>
                <Changed value={preset.amount}>{money(preset.amount, currency)}</Changed>
              </Button>
            ))}
          </div>
          <ErrorLine error={act.error} />
        </Section>
      ) : null}
      {station.session && may("venue.session.end", station) ? <Section><Button onClick={() => setAsking("end")} rightSection={<Key keys="e" />}>{t.end}</Button></Section> : null}
      {session.data ? <Section title={t.bill}><Bill session={session.data} /></Section> : null}
      <Section title={t.machine} action={mayArrange ? <Button variant="subtle" size="compact-sm" onClick={() => setAsking("arrange")} rightSection={<Key keys="a" />}>{t.arrange}</Button> : null}><Machine station={station} /></Section>
      {may("venue.station.service", station) && !station.session ? <Section><Service station={station} onAsk={() => setAsking("out")} /></Section> : null}
      {may("kernel.audit.read") ? <Section title={t.today}><Past station={station} /></Section> : null}
      {asking === "end" && session.data ? <EndDialog station={station} session={session.data} now={now} onClose={() => setAsking(null)} changed={changed} /> : null}
      {asking === "arrange" ? <Arrange station={station} onClose={() => setAsking(null)} onRemoved={onClose} /> : null}
      {asking === "out" ? <OutDialog station={station} onClose={() => setAsking(null)} /> : null}
    </>
  );
}

function Bill({ session }: { session: SessionOut }) {
  return (
    <table className="bill">
      <tbody>
        {session.lines.map((line, index) => <tr key={index}><td>{line.reason}</td><td className="num">{money(line.amount, session.currency)}</td></tr>)}
        <tr className="total"><td>{t.paid}</td><td className="num">{money(session.paid, session.currency)}</td></tr>
      </tbody>
    </table>
  );
}

function Machine({ station }: { station: StationOut }) {
  if (!station.device_name) return <p className="dim">{station.problem ?? t.noMachine}</p>;
  const confirmed = station.confirmed_at !== null;
  return (
    <>
    <div className="row between">
      <StateLamp state={confirmed ? "ok" : station.state === "offline" ? "offline" : "pending"} word={confirmed ? t.reports(station.device_name, station.reported) : t.waiting(station.device_name)} />
      <span className="dimmer"><When time={station.reported_at} site={station.site_id} /></span>
    </div>
    {station.problem ? <p className="note is-fault">{station.problem}</p> : null}
    </>
  );
}

function Service({ station, onAsk }: { station: StationOut; onAsk: () => void }) {
  const act = useAct();
  return (
    <>
      <div>
        {station.out_of_order === null ? (
          <Button onClick={onAsk}>{t.outOfOrder}</Button>
        ) : (
          <Button loading={act.busy} onClick={() => void act.run(() => stationsTakeBack({ path: { station_id: station.id }, throwOnError: true }))}>{t.backInOrder}</Button>
        )}
      </div>
      <ErrorLine error={act.error} />
    </>
  );
}

function EndDialog({ station, session, now, onClose, changed }: { station: StationOut; session: SessionOut; now: number; onClose: () => void; changed: () => void }) {
  const act = useAct();
  const seconds = left(station, now) ?? 0;
  const quote = useQuote(station);
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (await act.run(() => endSession(station, changed))) onClose();
  };
  return (
    <Modal opened onClose={onClose} title={t.endTitle(station.label)}>
      <form className="stack" style={{ gap: "var(--s4)" }} onSubmit={(event) => void submit(event)}>
        <p>{t.endLock}</p>
        <p className="note is-ending">{session.early_end === "burn" ? t.endBurn(clock(seconds)) : quote.data ? t.endRefund(money(Math.abs(quote.data.amount), quote.data.currency)) : "…"}</p>
        <ErrorLine error={quote.error ?? act.error} />
        <div className="row"><Button type="submit" variant="filled" data-autofocus loading={act.busy}>{t.endNow}</Button><Button variant="subtle" onClick={onClose}>{t.cancel}</Button></div>
      </form>
    </Modal>
  );
}
