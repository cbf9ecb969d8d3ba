/** Selling by keyboard: it answers with the sentence of what Enter will do. */

import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { StationOut } from "@/api";
import { useAct } from "@/client/act";
import { problemOf } from "@/client/problem";
import { useCommands } from "@/shell/commands";
import { Key } from "@/ui/Key";
import { venue as t } from "../texts";
import { endSession, sell, useQuote } from "./data";
import { MOST_MINUTES, understand } from "./grammar";
import { money } from "./money";
import { atClock } from "./seat";

export function CommandLine({ stations, onSelect }: { stations: readonly StationOut[]; onSelect: (id: string) => void }) {
  const [text, setText] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const queries = useQueryClient();
  const act = useAct();
  const said = understand(text);
  const station = "label" in said ? stations.find((one) => one.label.toLowerCase() === said.label.toLowerCase()) : undefined;
  const ending = said.kind === "end" && station?.session;
  const quote = useQuote(said.kind === "sell" || ending ? station : undefined, said.kind === "sell" ? said.minutes : undefined);
  useCommands([{ id: "command line", label: t.commandLine, keys: "c", group: t.title, run: () => input.current?.focus() }]);
  const answer = (): { text: string; sure: boolean; bad?: boolean } => {
    if (act.error) return { text: problemOf(act.error).detail, sure: false, bad: true };
    if (said.kind === "nothing") return { text: "", sure: false };
    if (said.kind === "unclear") return { text: t.notUnderstood, sure: false };
    if (said.kind === "too long") return { text: t.tooLong(MOST_MINUTES), sure: false };
    if (!station) return { text: t.unknownSeat(said.label), sure: false };
    if (said.kind === "select") return { text: t.seat(station.label), sure: true };
    if (said.kind === "end" && !station.session) return { text: t.states[station.state], sure: false };
    if (quote.error) return { text: problemOf(quote.error).detail, sure: false, bad: true };
    // Ending does not wait for its answer: who types fast means it, and the house's rule decides what goes back.
    if (!quote.data) return { text: "…", sure: said.kind === "end" };
    if (quote.data.problem) return { text: quote.data.problem, sure: false, bad: true };
    if (said.kind === "end") return { text: t.sentenceEnd(station.label, quote.data.amount ? money(-quote.data.amount, quote.data.currency) : ""), sure: true };
    const ends = quote.data.ends_at ? atClock(quote.data.ends_at, station.site_id) : "";
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
