/** All devices: filter, watch, pick several and act, open one. */

import { Button, Select } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import type { DeviceRowOut, DeviceState } from "@/api";
import { authorized } from "@/client/configure";
import { useMay } from "@/client/me";
import { useSite } from "@/client/site";
import { useAddress, type Asks } from "@/shell/address";
import { useCommands } from "@/shell/commands";
import { Changed } from "@/ui/changed";
import { Chips } from "@/ui/Chips";
import { download } from "@/ui/csv";
import { DataTable, type Column } from "@/ui/DataTable";
import { StateLamp } from "@/ui/glyphs";
import { Page, Panel } from "@/ui/Page";
import { Search } from "@/ui/Search";
import { Empty, ErrorState, Loading } from "@/ui/states";
import { When } from "@/ui/When";
import { Views } from "@/ui/Views";
import { EnrolDialog } from "../enrolment/EnrolDialog";
import { useGroups } from "../groups/data";
import { GroupsDialog } from "../groups/GroupsDialog";
import { fleet as t } from "../texts";
import { BulkActions } from "./BulkActions";
import { useCounts, useDevices, useLiveDevices, whereabouts, type Filters } from "./data";
import { DevicePanel } from "./DevicePanel";
import { LAMPS, LIMITS, reading, type MetricName } from "./state";

export type DevicesSearch = Omit<Filters, "site"> & Asks & { device?: string };

const measured = (metric: MetricName): Column<DeviceRowOut> => ({
  id: metric,
  head: t.head[metric],
  width: "80px",
  number: true,
  desk: metric !== "cpu",
  cell: (device) => {
    const value = device[metric];
    const limit = LIMITS[metric];
    const high = value !== null && limit !== null && value >= limit;
    return (
      <Changed value={reading(metric, value)}>
        <span className={high ? "lamp is-ending" : undefined}>{high ? "▲ " : ""}{reading(metric, value)}</span>
      </Changed>
    );
  },
});

const columns: Column<DeviceRowOut>[] = [
  {
    id: "name",
    head: t.head.name,
    width: "minmax(96px, 2fr)",
    cell: (device) => (
      <>
        <span className="strong">{device.name}</span>{" "}
        <span className="dimmer desk">{whereabouts(device)}</span>
      </>
    ),
  },
  { id: "state", head: t.head.state, width: "minmax(104px, 1fr)", cell: (device) => <StateLamp state={LAMPS[device.status]} word={device.approval === "pending" ? t.pendingShort : t.states[device.status]} /> },
  measured("cpu"),
  measured("memory"),
  measured("disk"),
  measured("temperature"),
  measured("latency"),
  { id: "mode", head: t.head.mode, width: "80px", desk: true, cell: (device) => <span className="dim">{t.modes[device.mode]}</span> },
  { id: "seen", head: t.head.seen, width: "96px", desk: true, cell: (device) => <When time={device.last_seen} /> },
];

export function DevicesPage() {
  const [{ device: opened, ask, ...chosen }, set] = useAddress<DevicesSearch>("device");
  const navigate = useNavigate();
  const may = useMay();
  const site = useSite();
  const filters: Filters = site ? { ...chosen, site: site.id } : chosen;
  const devices = useDevices(filters);
  const counts = useCounts(filters);
  const [picked, setPicked] = useState<Set<string>>(new Set());
  const groups = useGroups();
  const searching = useRef<HTMLInputElement>(null);
  useLiveDevices(["devices"]);
  const rows = devices.data?.pages.flatMap((page) => page.items) ?? [];
  const filtered = Object.keys(chosen).length > 0;
  const close = () => set({ ask: undefined });
  useCommands([
    { id: "devices search", label: t.search, keys: "s", group: t.title, run: () => searching.current?.focus() },
    ...(opened ? [{ id: "device page", label: t.open, keys: "o", run: () => void navigate({ to: "/devices/$id", params: { id: opened } as never }) }] : []),
  ]);
  const chips = (Object.keys(LAMPS) as DeviceState[]).map((state) => ({ value: state, word: t.states[state], state: LAMPS[state], count: counts.data?.states[state] ?? 0 })).filter((chip) => chip.count > 0 || filters.state?.includes(chip.value));
  const csv = async () => {
    const query = new URLSearchParams(Object.entries(filters).flatMap(([key, value]) => (Array.isArray(value) ? value.map((one) => [key, one]) : [[key, String(value)]])));
    download("devices.csv", await (await authorized(new URL(`/api/v1/devices/csv?${query}`, location.origin))).text());
  };
  const enrolButton = may("fleet.device.enrol") ? <Button variant="filled" onClick={() => set({ ask: "enrol" })}>{t.enrol}</Button> : null;
  return (
    <Page
      title={t.title}
      subtitle={counts.data ? String(counts.data.total) : ""}
      bar={
        <>
          <Search label={t.search} value={filters.q ?? ""} onChange={(q) => set({ q })} input={searching} />
          <Chips label={t.head.state} chips={chips} on={filters.state ?? []} onChange={(state) => set({ state: state as DeviceState[] })} />
          {counts.data?.pending || filters.approval ? (
            <Chips label={t.waitingShort} chips={[{ value: "pending", word: t.waitingShort, state: "pending", count: counts.data?.pending ?? 0 }]} on={filters.approval ? ["pending"] : []} onChange={(on) => set({ approval: on.length > 0 ? "pending" : undefined })} />
          ) : null}
          {groups.data && groups.data.length > 0 ? (
            <Select aria-label={t.group} placeholder={t.allGroups} clearable searchable value={filters.group ?? null} onChange={(group) => set({ group: group ?? undefined })} data={groups.data.map((group) => ({ value: group.id, label: group.path }))} w={170} />
          ) : null}
          <Views list="devices" search={chosen} onChoose={(view) => void navigate({ to: "/devices", search: view as never })} />
          <span className="grow" />
          {may("fleet.group.edit") ? <Button className="desk" variant="subtle" onClick={() => set({ ask: "groups" })}>{t.groups}</Button> : null}
          <Button className="desk" variant="subtle" onClick={() => void csv()}>{t.csv}</Button>
          {enrolButton}
        </>
      }
      panel={opened ? <Panel label={t.title} onClose={() => set({ device: undefined })}><DevicePanel key={opened} id={opened} onClose={() => set({ device: undefined })} /></Panel> : null}
    >
      {devices.error && rows.length === 0 ? <ErrorState error={devices.error} retry={() => void devices.refetch()} /> : null}
      {devices.isPending ? <Loading /> : null}
      {devices.data && rows.length === 0 ? (
        filtered ? (
          <Empty title={t.noMatch} act={<Button onClick={() => void navigate({ to: "/devices", search: {} as never })}>{t.clearFilters}</Button>}>{t.noMatchDetail}</Empty>
        ) : (
          <Empty title={t.none} act={enrolButton}>{t.noneDetail}</Empty>
        )
      ) : null}
      {rows.length > 0 ? (
        <DataTable label={t.title} rows={rows} columns={columns} id={(device) => device.id} name={(device) => device.name} selected={opened} onOpen={(device) => set({ device: device?.id })} picked={picked} onPick={setPicked} more={devices.hasNextPage && !devices.isFetchingNextPage ? () => void devices.fetchNextPage() : undefined} />
      ) : null}
      <BulkActions picked={picked} onClear={() => setPicked(new Set())} />
      {ask === "enrol" && may("fleet.device.enrol") ? <EnrolDialog onClose={close} /> : null}
      {ask === "groups" && may("fleet.group.edit") ? <GroupsDialog onClose={close} /> : null}
    </Page>
  );
}
