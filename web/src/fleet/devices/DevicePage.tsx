/** One device in full: charts over time, commands, log, what happened to it. */

import { Button, Modal, Select, Textarea, TextInput, TagsInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { devicesDeleteDevice, devicesEditDevice, devicesReadDevice, devicesRevokeDevice, type DeviceOut } from "@/api";
import { useAct } from "@/client/act";
import { useMay } from "@/client/me";
import { useSites } from "@/client/site";
import { ConfirmByName } from "@/ui/ConfirmByName";
import { Page, Section } from "@/ui/Page";
import { useDraft } from "@/ui/draft";
import { Elsewhere, ErrorLine, ErrorState, Loading } from "@/ui/states";
import { TimeRange, isRange, type Range } from "@/ui/TimeRange";
import { tell } from "@/ui/Toasts";
import { Commands, useLatestCommands } from "../commands/Commands";
import { useGroups } from "../groups/data";
import { blank, fleet as t } from "../texts";
import { ActionButtons } from "./ActionButtons";
import { Charts } from "./Charts";
import { useDevice, useLiveDevices, whereabouts } from "./data";
import { Approval, MachineFacts, Readings, State } from "./DevicePanel";
import { History } from "./History";
import { LogView } from "./LogView";

export function DevicePage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const search = useSearch({ strict: false }) as { range?: string };
  const range: Range = isRange(search.range) ? search.range : "1h";
  const navigate = useNavigate();
  const may = useMay();
  const device = useDevice(id);
  const commands = useLatestCommands(id, 10);
  useLiveDevices([`device:${id}`]);
  const back = <Button variant="subtle" onClick={() => void navigate({ to: "/devices" })}>← {t.title}</Button>;
  if (device.error) return <Page title={t.title} bar={back}><ErrorState error={device.error} retry={() => void device.refetch()} /></Page>;
  if (!device.data) return <Page title={t.title}><Loading /></Page>;
  const one = device.data;
  // What one may not see is not there at all: nothing is asked for that is known to be refused.
  const charts = may("metrics.reading.read", one);
  const history = may("kernel.audit.read");
  return (
    <Page
      title={one.name}
      subtitle={whereabouts(one)}
      bar={
        <>
          {back}
          <span className="grow" />
          {charts || history ? <TimeRange value={range} onChange={(next) => void navigate({ to: "/devices/$id", params: { id } as never, search: { range: next } as never, replace: true })} /> : null}
          <Manage device={one} />
        </>
      }
    >
      <div className="device">
        <div className="device-main">
          <Section><Readings device={one} /></Section>
          {charts ? <Charts device={one} range={range} /> : null}
          {history ? <History device={one} range={range} /> : null}
          {may("fleet.device.inspect", one) ? <Section title={t.log}><LogView device={one} /></Section> : null}
        </div>
        <div className="device-side">
          <Section><State device={one} /><Approval device={one} /></Section>
          <Section title={t.commands}>
            <ActionButtons device={one} />
            <Commands device={one} commands={commands.data ?? []} />
          </Section>
          <Section title={t.facts}><MachineFacts device={one} /></Section>
          {one.notes ? <Section title={t.notes}><p style={{ whiteSpace: "pre-wrap" }}>{one.notes}</p></Section> : null}
        </div>
      </div>
    </Page>
  );
}

function Manage({ device }: { device: DeviceOut }) {
  const may = useMay();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const act = useAct();
  const [open, setOpen] = useState<"edit" | "revoke" | "delete" | null>(null);
  const close = () => setOpen(null);
  const reload = () => queries.invalidateQueries({ queryKey: ["devices"] });
  const maintain = () =>
    act.run(async () => {
      const maintenance = !device.maintenance;
      await devicesEditDevice({ path: { device_id: device.id }, body: { maintenance }, headers: { "If-Match": `"${device.version}"` }, throwOnError: true });
      await reload();
    });
  const lines = (what: readonly string[]) => what.map((line) => <p key={line}>{line}</p>);
  return (
    <>
      {act.error ? <ErrorLine error={act.error} /> : null}
      {may("fleet.device.edit", device) ? (
        <>
          <Button loading={act.busy} onClick={() => void maintain()}>{device.maintenance ? t.maintenanceOff : t.maintenanceOn}</Button>
          <Button onClick={() => setOpen("edit")}>{t.edit}</Button>
        </>
      ) : null}
      {may("fleet.device.revoke", device) ? (
        device.revoked_at ? <Button onClick={() => setOpen("delete")}>{t.remove}</Button> : <Button onClick={() => setOpen("revoke")}>{t.revoke}</Button>
      ) : null}
      {open === "edit" ? <EditDialog device={device} onClose={close} /> : null}
      {open === "revoke" ? (
        <ConfirmByName title={t.revokeTitle(device.name)} name={device.name} act={t.revoke} what={lines(t.revokeWhat)} onClose={close} onConfirm={async () => {
          await devicesRevokeDevice({ path: { device_id: device.id }, throwOnError: true });
          await reload();
          tell(t.revoked(device.name));
        }} />
      ) : null}
      {open === "delete" ? (
        <ConfirmByName title={t.removeTitle(device.name)} name={device.name} act={t.remove} what={lines(t.removeWhat)} onClose={close} onConfirm={async () => {
          await devicesDeleteDevice({ path: { device_id: device.id }, throwOnError: true });
          tell(t.removed(device.name));
          await navigate({ to: "/devices" });
          await reload();
        }} />
      ) : null}
    </>
  );
}

function draftOf({ name, location, notes, tags, site_id, group_id }: DeviceOut) {
  return { name, location, notes, tags, site_id, group_id };
}

function bodyOf(draft: ReturnType<typeof draftOf>) {
  return { ...draft, name: draft.name.trim(), tags: draft.tags.toSorted() };
}

function EditDialog({ device, onClose }: { device: DeviceOut; onClose: () => void }) {
  const { draft: form, theirs, set, save } = useDraft(device, draftOf, bodyOf);
  const act = useAct();
  const queries = useQueryClient();
  const sites = useSites();
  const groups = useGroups();
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    const path = { device_id: device.id };
    await act.run(async () => {
      const sent = await save(
        (headers) => devicesEditDevice({ path, body: bodyOf(form), headers, throwOnError: true }),
        async () => (await devicesReadDevice({ path, throwOnError: true })).data,
      );
      await queries.invalidateQueries({ queryKey: ["devices"] });
      if (!sent) return;
      tell(t.saved);
      onClose();
    });
  };
  const told = (theirs: DeviceOut) =>
    [theirs.name, theirs.location, sites.data?.find((one) => one.id === theirs.site_id)?.name, groups.data?.find((one) => one.id === theirs.group_id)?.path, theirs.tags.join(", "), theirs.notes].filter(Boolean).join("; ");
  return (
    <Modal opened onClose={onClose} title={device.name}>
      <form className="stack" style={{ gap: "var(--s3)" }} onSubmit={(event) => void submit(event)}>
        <TextInput label={t.name} required maxLength={100} data-autofocus value={form.name} error={blank(form.name)} onChange={(event) => set({ name: event.currentTarget.value })} />
        <TextInput label={t.location} maxLength={200} value={form.location} onChange={(event) => set({ location: event.currentTarget.value })} />
        {sites.data && sites.data.length > 0 ? <Select label={t.site} clearable value={form.site_id} onChange={(site_id) => set({ site_id })} data={sites.data.map((one) => ({ value: one.id, label: one.name }))} /> : null}
        {groups.data && groups.data.length > 0 ? <Select label={t.group} clearable searchable value={form.group_id} onChange={(group_id) => set({ group_id })} data={groups.data.map((one) => ({ value: one.id, label: one.path }))} /> : null}
        <TagsInput label={t.tags} value={form.tags} onChange={(tags) => set({ tags })} />
        <Textarea label={t.notes} autosize minRows={3} maxLength={4000} value={form.notes} onChange={(event) => set({ notes: event.currentTarget.value })} />
        {theirs ? <Elsewhere what={t.thisDevice} facts={told(theirs)} /> : null}
        <ErrorLine error={act.error} />
        <div className="row"><Button type="submit" variant="filled" loading={act.busy} disabled={!form.name.trim()}>{t.save}</Button><Button variant="subtle" onClick={onClose}>{t.cancel}</Button></div>
      </form>
    </Modal>
  );
}
