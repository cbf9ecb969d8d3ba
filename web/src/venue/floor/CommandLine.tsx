/** Selling by keyboard: it answers with the sentence of what Enter will do. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { sessionsQuoted, type StationOut } from "@/api";
import { useAct } from "@/client/act";
import { problemOf } from "@/client/problem";
import { useCommands } from "@/shell/commands";
import { Key } from "@/ui/Key";
import { venue as t } from "../texts";
import { endSession, sell } from "./data";
import { understand } from "./grammar";
import { money } from "./money";

export function CommandLine({ stations, onSelect }: { stations: readonly StationOut[]; onSelect: (id: string) => void }) {
  const [text, setText] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const queries = useQueryClient();
  const act = useAct();
  const said = understand(text);
  const station = "label" in said ? stations.find((one) => one.label.toLowerCase() === said.label.toLowerCase()) : undefined;
  const selling = said.kind === "sell" && station ? { station, minutes: said.minutes } : null;
  const quote = useQuery({
    queryKey: ["quote", selling?.station.id, selling?.minutes, selling?.station.session?.ends_at],
    queryFn: async () => (await sessionsQuoted({ query: { station: selling?.station.label ?? "", site_id: selling?.station.site_id, minutes: selling?.minutes }, throwOnError: true })).data,
    enabled: selling !== null,
    staleTime: 5000,
  });
  useCommands([{ id: "command line", label: t.commandLine, keys: "c", group: t.title, run: () => input.current?.focus() }]);
  const answer = (): { text: string; sure: boolean; bad?: boolean } => {
    if (act.error) return { text: problemOf(act.error).detail, sure: false, bad: true };
    if (said.kind === "nothing") return { text: "", sure: false };
    if (said.kind === "unclear") return { text: t.notUnderstood, sure: false };
    if (!station) return { text: t.unknownSeat(said.label), sure: false };
    if (said.kind === "select") return { text: t.seat(station.label), sure: true };
    if (said.kind === "end") return station.session ? { text: t.sentenceEnd(station.label), sure: true } : { text: t.states[station.state], sure: false };
    if (quote.error) return { text: problemOf(quote.error).detail, sure: false, bad: true };
    if (!quote.data) return { text: "…", sure: false };
    if (quote.data.problem) return { text: quote.data.problem, sure: false, bad: true };
    const ends = quote.data.ends_at ? new Date(quote.data.ends_at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : "";
    const verb = station.session ? t.verbs.extend : t.verbs.start;
    return { text: t.sentence(station.label, verb, quote.data.minutes, money(quote.data.amount, quote.data.currency), ends), sure: true };
  };
  const now = answer();
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    if (!now.sure || !station) return;
    const changed = () => void queries.invalidateQueries({ queryKey: ["balances"] });
    void act
      .run(async () => {
        if (said.kind === "sell") await sell(station, said.minutes, quote.data?.amount, changed);
        else if (said.kind === "end") await endSession(station, changed);
        else onSelect(station.id);
      })
      .then((done) => {
        if (done) setText("");
      });
  };
  return (
    <form className="cmd" onSubmit={submit}>
      <input ref={input} className="cmd-input" value={text} aria-label={t.commandLine} placeholder={t.commandHint} autoComplete="off" spellCheck={false}
        onChange={(event) => { act.clear(); setText(event.currentTarget.value); }}
        onKeyDown={(event) => { if (event.key === "Escape") { setText(""); act.clear(); input.current?.blur(); } }} />
      <span className={`cmd-answer cut ${now.bad ? "lamp is-fault" : ""}`} role="status" aria-live="polite">{now.text}</span>
      <span className="grow" />
      {now.sure ? <span className="nowrap dim"><Key keys="Enter" /></span> : <span className="nowrap dimmer"><Key keys="c" /></span>}
    </form>
  );
}
