/** The books: what is in the drawer, what was earned, and every entry behind it, live at the top. */

import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import type { EntryOut } from "@/api";
import { useAct } from "@/client/act";
import { useMay } from "@/client/me";
import { useSite, useSites } from "@/client/site";
import { useLive } from "@/realtime/hooks";
import { useAddress } from "@/shell/address";
import { download } from "@/ui/csv";
import { DataTable, type Column } from "@/ui/DataTable";
import { Page, Panel } from "@/ui/Page";
import { Empty, ErrorLine, ErrorState, Loading } from "@/ui/states";
import { When } from "@/ui/When";
import { money } from "../floor/money";
import { venue as t } from "../texts";
import { balancesOf, moved, type Balance } from "./accounts";
import { csvOfEntries, MONEY, useBalances, useEntries } from "./data";
import { EntryPanel } from "./EntryPanel";
import { kindOf } from "./kinds";
import "./books.css";

export interface BooksSearch {
  entry?: string;
  account?: string;
  session?: string;
}

const columns: Column<EntryOut>[] = [
  { id: "kind", head: t.kind, width: "minmax(56px, 0.7fr)", cell: (entry) => <span className="strong">{kindOf(entry.kind)}</span> },
  { id: "reason", head: t.reason, width: "minmax(80px, 2fr)", cell: (entry) => entry.reason },
  { id: "by", head: t.by, width: "minmax(90px, 1fr)", desk: true, cell: (entry) => <span className="dim">{entry.actor_label}</span> },
  { id: "day", head: t.day, width: "110px", desk: true, cell: (entry) => <span className="dim">{entry.business_day}</span> },
  { id: "when", head: t.postedAt, width: "100px", desk: true, cell: (entry) => <When time={entry.posted_at} site={entry.site_id} /> },
  { id: "amount", head: t.amount, width: "92px", number: true, cell: (entry) => money(moved(entry).amount, moved(entry).currency) },
];

export function BooksPage() {
  const [search, set] = useAddress<BooksSearch>("entry");
  const queries = useQueryClient();
  const may = useMay();
  const site = useSite();
  const sites = useSites();
  const act = useAct();
  const [fresh, setFresh] = useState(0);
  // The money's events are the floor's. Who may read the books but not the floor gets them by asking.
  const live = may("venue.station.view");
  const which = { site_id: site?.id, account_id: search.account, subject_id: search.session };
  const balances = useBalances(site?.id, !live);
  const entries = useEntries(which, !live);
  const reload = () => {
    setFresh(0);
    for (const key of ["balances", "entries"]) void queries.invalidateQueries({ queryKey: [key] });
  };
  const under = useRef(false);
  useLive(
    live ? ["sessions"] : [],
    (frame) => {
      if (!MONEY.has(frame.event)) return;
      void queries.invalidateQueries({ queryKey: ["balances"] });
      // Nothing moves under the hand: while somebody points at the list, new rows are only counted.
      if (under.current) setFresh((count) => count + 1);
      else reload();
    },
    reload,
  );
  const rows = entries.data?.pages.flatMap((page) => page.items) ?? [];
  const open = rows.find((entry) => entry.id === search.entry);
  const named = (id: string) => (sites.data && sites.data.length > 1 ? sites.data.find((one) => one.id === id)?.name : undefined);
  const lines = balancesOf(balances.data ?? []);
  const filtered = search.account !== undefined || search.session !== undefined;
  const csv = () => act.run(async () => download("books.csv", await csvOfEntries(which)));
  return (
    <Page
      title={t.books}
      bar={
        <>
          <span className="dim">{search.session ? t.ofSession : search.account ? (lines.find((line) => line.id === search.account)?.name ?? t.ofAccount) : t.allEntries}</span>
          {filtered ? <Button variant="subtle" size="compact-sm" onClick={() => set({ account: undefined, session: undefined })}>{t.showAll}</Button> : null}
          <span className="grow" />
          {fresh > 0 ? <Button onClick={reload}>{t.newEntries(fresh)}</Button> : null}
          <Button className="desk" variant="subtle" disabled={rows.length === 0} loading={act.busy} onClick={() => void csv()}>{t.csv}</Button>
        </>
      }
      panel={
        open ? (
          <Panel label={open.reason} onClose={() => set({ entry: undefined })}>
            <EntryPanel
              entry={open}
              site={named(open.site_id)}
              reverses={rows.find((entry) => entry.id === open.reverses_id)}
              onOpen={(entry) => set({ entry })}
              onSession={search.session ? undefined : (session) => set({ session, account: undefined })}
              onClose={() => set({ entry: undefined })}
            />
          </Panel>
        ) : null
      }
    >
      <ErrorLine error={act.error} />
      {balances.error ? <ErrorLine error={balances.error} /> : null}
      {lines.length > 0 ? <div className="balances" role="group" aria-label={t.balances}>{lines.map((line) => <BalanceCell key={line.key} line={line} site={site ? undefined : named(line.site_id)} on={line.id === search.account} onToggle={() => set({ account: line.id === search.account ? undefined : (line.id ?? undefined), session: undefined })} />)}</div> : null}
      {entries.error && rows.length === 0 ? <ErrorState error={entries.error} retry={() => void entries.refetch()} /> : null}
      {entries.isPending ? <Loading /> : null}
      {entries.data && rows.length === 0 ? <Nothing filtered={filtered} /> : null}
      {rows.length > 0 ? (
        <div className="stack" style={{ flex: 1, minHeight: 0 }} onMouseEnter={() => { under.current = true; }} onMouseLeave={() => { under.current = false; }}>
          <DataTable label={t.books} rows={rows} columns={site || !sites.data || sites.data.length < 2 ? columns : withSites(named)} id={(entry) => entry.id} name={(entry) => entry.reason} selected={search.entry} onOpen={(entry) => set({ entry: entry?.id })} more={entries.hasNextPage && !entries.isFetchingNextPage ? () => void entries.fetchNextPage() : undefined} />
        </div>
      ) : null}
    </Page>
  );
}

/** Lines of several sites look alike: each says where. */
function withSites(named: (id: string) => string | undefined): Column<EntryOut>[] {
  const site: Column<EntryOut> = { id: "site", head: t.site, width: "minmax(64px, 0.8fr)", cell: (entry) => <span className="dim">{named(entry.site_id)}</span> };
  return columns.flatMap((column) => (column.id === "by" ? [site, column] : [column]));
}

function Nothing({ filtered }: { filtered: boolean }) {
  const navigate = useNavigate();
  if (filtered) return <Empty title={t.noneMatch} />;
  return <Empty title={t.noEntries} act={<Button variant="filled" onClick={() => void navigate({ to: "/floor" })}>{t.toFloor}</Button>}>{t.noEntriesDetail}</Empty>;
}

function BalanceCell({ line, site, on, onToggle }: { line: Balance; site?: string; on: boolean; onToggle: () => void }) {
  const content = (
    <>
      <span>{[line.name, site].filter(Boolean).join(", ")}</span>
      <span className="balance-amount num" style={{ textAlign: "left" }}>{money(line.amount, line.currency)}</span>
      <span className="mono dimmer cut">{line.account}</span>
    </>
  );
  return line.id ? <button type="button" className="balance" aria-pressed={on} onClick={onToggle}>{content}</button> : <div className="balance">{content}</div>;
}
