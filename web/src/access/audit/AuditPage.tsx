/** Everything that happened here, who did it, and when; live at the top. */

import { Button, MultiSelect } from "@mantine/core";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { eventsListEvents, eventsListEventTypes, type EventOut } from "@/api";
import { authorized } from "@/client/configure";
import { useLive } from "@/realtime/hooks";
import { useAddress } from "@/shell/address";
import { useCommands } from "@/shell/commands";
import { download } from "@/ui/csv";
import { DataTable, type Column } from "@/ui/DataTable";
import { Page, Panel } from "@/ui/Page";
import { Search } from "@/ui/Search";
import { Empty, ErrorState, Loading } from "@/ui/states";
import { bounds, isLive, isRange, TimeRange, type Range } from "@/ui/TimeRange";
import { When } from "@/ui/When";
import { about, asStored, sentence, thing } from "@/texts/events";
import { access as t } from "../texts";
import { EventPanel } from "./EventPanel";

export interface AuditSearch {
  type?: string[];
  q?: string;
  range?: string;
  event?: string;
  subject?: string;
  actor?: string;
}

const columns: Column<EventOut>[] = [
  { id: "type", head: t.what, width: "minmax(150px, 1.2fr)", cell: (event) => <><span className="strong">{sentence(event.type)}</span> <span className="dimmer mono desk">{event.type}</span></> },
  { id: "thing", head: t.thing, width: "minmax(100px, 1.4fr)", cell: (event) => thing(event) },
  { id: "who", head: t.who, width: "minmax(90px, 1fr)", desk: true, cell: (event) => event.actor_label },
  { id: "ip", head: t.where, width: "130px", desk: true, cell: (event) => <span className="mono dim">{event.ip}</span> },
  { id: "when", head: t.when, width: "96px", cell: (event) => <When time={event.created_at} /> },
];

export function AuditPage() {
  const [search, set] = useAddress<AuditSearch>("event");
  const queries = useQueryClient();
  const range: Range = isRange(search.range) ? search.range : "7d";
  const [fresh, setFresh] = useState(0);
  const searching = useRef<HTMLInputElement>(null);
  useCommands([{ id: "audit search", label: t.searchAudit, keys: "s", group: t.audit, run: () => searching.current?.focus() }]);
  const types = useQuery({ queryKey: ["event types"], queryFn: async () => (await eventsListEventTypes({ throwOnError: true })).data.items, staleTime: Number.POSITIVE_INFINITY });
  const query = () => {
    const span = bounds(range);
    const to = span && !isLive(range) ? new Date(span.to).toISOString() : undefined;
    return { type: search.type, q: search.q && asStored(search.q), subject: search.subject, actor: search.actor, from: span ? new Date(span.from).toISOString() : undefined, to };
  };
  const key = ["events", search.type, search.q, search.subject, search.actor, range];
  const events = useInfiniteQuery({
    queryKey: key,
    queryFn: async ({ pageParam }) => (await eventsListEvents({ query: { ...query(), limit: 100, after: pageParam }, throwOnError: true })).data,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const reload = () => {
    setFresh(0);
    void queries.invalidateQueries({ queryKey: ["events"] });
  };
  const under = useRef(false);
  useLive(
    ["audit"],
    (frame) => {
      if (!frame.id || !frame.actor || !isLive(range)) return;
      // Nothing moves under the hand: while somebody points at the list, new rows are only counted.
      if (under.current) setFresh((count) => count + 1);
      else reload();
    },
    reload,
  );
  const rows = events.data?.pages.flatMap((page) => page.items) ?? [];
  const open = rows.find((event) => event.id === search.event);
  const filtered = [search.type, search.q, search.subject, search.actor].some(Boolean);
  const csv = async () => {
    const parameters = new URLSearchParams(Object.entries(query()).flatMap(([name, value]) => (Array.isArray(value) ? value.map((one) => [name, one]) : value ? [[name, value]] : [])));
    download("audit.csv", await (await authorized(new URL(`/api/v1/events/export?${parameters}`, location.origin))).text());
  };
  return (
    <Page
      title={t.audit}
      bar={
        <>
          <Search label={t.searchAudit} value={search.q ?? ""} onChange={(q) => set({ q })} input={searching} />
          <MultiSelect aria-label={t.type} placeholder={search.type?.length ? undefined : t.type} searchable clearable data={types.data ?? []} value={search.type ?? []} onChange={(type) => set({ type })} w={260} />
          {search.subject || search.actor ? (
            <>
              <span className="dim cut">{[search.subject ? t.onlyAbout(rows[0] ? about(rows[0]) : "…") : "", search.actor ? t.onlyBy(rows[0]?.actor_label ?? "…") : ""].filter(Boolean).join(" · ")}</span>
              <Button variant="subtle" size="compact-sm" onClick={() => set({ subject: undefined, actor: undefined, event: undefined })}>{t.showEverything}</Button>
            </>
          ) : null}
          <span className="grow" />
          {fresh > 0 ? <Button onClick={reload}>{t.newEvents(fresh)}</Button> : null}
          <TimeRange value={range} onChange={(next) => set({ range: next })} />
          <Button className="desk" variant="subtle" onClick={() => void csv()}>{t.csv}</Button>
        </>
      }
      panel={open ? <Panel label={open.type} onClose={() => set({ event: undefined })}><EventPanel event={open} set={set} /></Panel> : null}
    >
      {events.error ? <ErrorState error={events.error} retry={() => void events.refetch()} /> : null}
      {events.isPending ? <Loading /> : null}
      {events.data && rows.length === 0 ? <Empty title={t.noEvents} act={filtered ? <Button onClick={() => set({ type: undefined, q: undefined, subject: undefined, actor: undefined })}>{t.clearFilters}</Button> : null}>{t.noEventsDetail}</Empty> : null}
      {rows.length > 0 ? (
          <div className="stack" style={{ flex: 1, minHeight: 0 }} onMouseEnter={() => { under.current = true; }} onMouseLeave={() => { under.current = false; }}>
            <DataTable label={t.audit} rows={rows} columns={columns} id={(event) => event.id} name={(event) => event.type} selected={search.event} onOpen={(event) => set({ event: event?.id })} more={events.hasNextPage && !events.isFetchingNextPage ? () => void events.fetchNextPage() : undefined} />
          </div>
      ) : null}
    </Page>
  );
}
