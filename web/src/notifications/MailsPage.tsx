/** Outgoing mail: what went out, what waits, what failed and why, and whether there is a mail server at all. */

import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import type { MailOut, MailStatus } from "@/api";
import { useAct } from "@/client/act";
import { useMay } from "@/client/me";
import { useAddress } from "@/shell/address";
import { useCommands } from "@/shell/commands";
import { BulkBar } from "@/ui/BulkBar";
import { Chips } from "@/ui/Chips";
import { DataTable, type Column } from "@/ui/DataTable";
import { StateLamp } from "@/ui/glyphs";
import { Page, Panel } from "@/ui/Page";
import { Search } from "@/ui/Search";
import { Empty, ErrorLine, ErrorState, Loading } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { Views } from "@/ui/Views";
import { When } from "@/ui/When";
import { sendAgain, useLiveMails, useMailCounts, useMails, type Filters } from "./data";
import { MailPanel } from "./MailPanel";
import { MailServerBand } from "./MailServerBand";
import { LAMPS, sending } from "./state";
import { notifications as t } from "./texts";

export interface MailsSearch extends Filters {
  mail?: string;
}

const columns: Column<MailOut>[] = [
  { id: "recipient", head: t.head.recipient, width: "minmax(130px, 2fr)", cell: (mail) => <span className="strong">{mail.recipient}</span> },
  { id: "state", head: t.head.state, width: "140px", cell: (mail) => <StateLamp state={LAMPS[mail.status]} word={t.states[mail.status]} /> },
  { id: "subject", head: t.head.subject, width: "minmax(120px, 2fr)", desk: true, cell: (mail) => mail.subject },
  { id: "why", head: t.head.why, width: "minmax(120px, 2fr)", desk: true, cell: (mail) => <span className="dim">{mail.error}</span> },
  { id: "attempts", head: t.head.attempts, width: "56px", number: true, desk: true, cell: (mail) => mail.attempts },
  { id: "when", head: t.head.when, width: "96px", desk: true, cell: (mail) => <When time={mail.sent_at ?? mail.created_at} /> },
];

export function MailsPage() {
  const [{ mail: opened, ...filters }, set] = useAddress<MailsSearch>("mail");
  const navigate = useNavigate();
  const reload = useLiveMails();
  const list = useMails(filters);
  const counts = useMailCounts();
  const searching = useRef<HTMLInputElement>(null);
  const [picked, setPicked] = useState<Set<string>>(new Set());
  useCommands([{ id: "mails search", label: t.search, keys: "s", group: t.title, run: () => searching.current?.focus() }]);
  const rows = list.data?.pages.flatMap((page) => page.items) ?? [];
  const open = rows.find((mail) => mail.id === opened);
  const filtered = Object.keys(filters).some((name) => filters[name as keyof Filters]?.length);
  const chips = (Object.keys(LAMPS) as MailStatus[]).map((status) => ({ value: status, word: t.states[status], state: LAMPS[status], count: counts.data?.[status] }));
  return (
    <Page
      title={t.title}
      bar={
        <>
          <Search label={t.search} value={filters.q ?? ""} onChange={(q) => set({ q })} input={searching} />
          <Chips label={t.state} chips={chips} on={filters.status ?? []} onChange={(status) => set({ status: status as MailStatus[] })} />
          <Views list="mails" search={filters} onChoose={(view) => void navigate({ to: "/mails", search: view as never })} />
        </>
      }
      panel={open ? <Panel label={open.subject} onClose={() => set({ mail: undefined })}><MailPanel key={open.id} mail={open} reload={reload} /></Panel> : null}
    >
      <MailServerBand />
      {list.error && rows.length === 0 ? <ErrorState error={list.error} retry={() => void list.refetch()} /> : null}
      {list.isPending ? <Loading /> : null}
      {list.data && rows.length === 0 ? (
        filtered ? (
          <Empty title={t.noMatch} act={<Button onClick={() => void navigate({ to: "/mails", search: {} as never })}>{t.clearFilters}</Button>}>{t.noMatchDetail}</Empty>
        ) : (
          <Empty title={t.none}>{t.noneDetail}</Empty>
        )
      ) : null}
      {rows.length > 0 ? (
        <DataTable label={t.title} rows={rows} columns={columns} id={(mail) => mail.id} name={(mail) => mail.recipient} selected={opened} onOpen={(mail) => set({ mail: mail?.id })} picked={picked} onPick={setPicked} more={list.hasNextPage && !list.isFetchingNextPage ? () => void list.fetchNextPage() : undefined} />
      ) : null}
      <SendMany mails={rows.filter((mail) => picked.has(mail.id))} onClear={() => setPicked(new Set())} reload={reload} />
    </Page>
  );
}

/** What of the selection can be sent again or now, all of it by one press. */
function SendMany({ mails, onClear, reload }: { mails: readonly MailOut[]; onClear: () => void; reload: () => void }) {
  const may = useMay();
  const act = useAct();
  const able = mails.filter((mail) => mail.can_be_sent_again);
  const again = () =>
    act.run(async () => {
      try {
        for (const mail of able) await sendAgain(mail);
      } finally {
        reload();
      }
      tell(t.queuedMany(able.length));
      onClear();
    });
  return (
    <BulkBar count={mails.length} noun={t.mail} onClear={onClear}>
      {may("kernel.mail.send") ? <Button disabled={able.length === 0} loading={act.busy} onClick={() => void again()}>{t[`${sending(able)}Many`](able.length)}</Button> : null}
      <ErrorLine error={act.error} />
    </BulkBar>
  );
}
