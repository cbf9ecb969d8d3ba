/** A seat's place: its label, its zone, the machine behind it; and its removal while it was never used. */

import { Autocomplete, Button, Modal, Select, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { devicesListDevices, sessionsListSessions, stationsChange, stationsRead, stationsRemove, type StationOut } from "@/api";
import { useAct } from "@/client/act";
import { ConfirmByName } from "@/ui/ConfirmByName";
import { useDraft } from "@/ui/draft";
import { Elsewhere, ErrorLine } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { venue as t } from "../texts";
import { useStations } from "./data";

const NONE = "none";

function draftOf(station: StationOut) {
  return { label: station.label, zone: station.zone, machine: station.device_id ?? NONE };
}

function bodyOf({ label, zone, machine }: ReturnType<typeof draftOf>) {
  return { label: label.trim(), zone: zone.trim(), device_id: machine === NONE ? null : machine };
}

export function Arrange({ station, onClose, onRemoved }: { station: StationOut; onClose: () => void; onRemoved: () => void }) {
  const queries = useQueryClient();
  const act = useAct();
  const stations = useStations();
  const devices = useQuery({ queryKey: ["devices", "for seats"], queryFn: async () => (await devicesListDevices({ query: { limit: 500 }, throwOnError: true })).data.items });
  const past = useQuery({ queryKey: ["was used", station.id], queryFn: async () => (await sessionsListSessions({ query: { station_id: station.id, limit: 1 }, throwOnError: true })).data.items.length > 0 });
  const { draft: { label, zone, machine }, theirs, set, save } = useDraft(station, draftOf, bodyOf);
  const [removing, setRemoving] = useState(false);
  const zones = [...new Set(stations.data?.filter((one) => one.site_id === station.site_id).map((one) => one.zone).filter(Boolean))];
  const taken = new Set(stations.data?.filter((one) => one.id !== station.id).map((one) => one.device_id));
  const open = (devices.data ?? []).filter((device) => device.id !== station.device_id && !taken.has(device.id) && device.status !== "revoked").map((device) => ({ value: device.id, label: device.name }));
  const own = station.device_id ? [{ value: station.device_id, label: station.device_name ?? station.device_id }] : [];
  const keep = async () => {
    const path = { station_id: station.id };
    const sent = await save(
      (headers) => stationsChange({ path, body: bodyOf({ label, zone, machine }), headers, throwOnError: true }),
      async () => (await stationsRead({ path, throwOnError: true })).data,
    );
    if (!sent) return;
    await queries.invalidateQueries({ queryKey: ["stations"] });
    tell(t.arranged(label.trim()));
    onClose();
  };
  const remove = async () => {
    await stationsRemove({ path: { station_id: station.id }, throwOnError: true });
    await queries.invalidateQueries({ queryKey: ["stations"] });
    tell(t.removed(station.label));
    onRemoved();
  };
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    void act.run(keep);
  };
  if (removing) {
    return (
      <ConfirmByName title={t.removeTitle(station.label)} name={t.seat(station.label)} act={t.removeSeat} what={<p>{t.removeDetail}</p>} onClose={() => setRemoving(false)} onConfirm={remove} />
    );
  }
  return (
    <Modal opened onClose={onClose} title={t.arrangeTitle(station.label)}>
      <form className="stack" style={{ gap: "var(--s4)" }} onSubmit={submit}>
        <TextInput label={t.label} description={t.labelHint} required data-autofocus maxLength={12} pattern="[^\s>]+" value={label} onChange={(event) => set({ label: event.currentTarget.value })} />
        <Autocomplete label={t.addZone} maxLength={60} data={zones} value={zone} onChange={(next) => set({ zone: next })} />
        <Select label={t.machine} description={station.session ? t.machineBusy : undefined} disabled={station.session !== null || devices.isPending} searchable allowDeselect={false} data={[{ value: NONE, label: t.none }, ...own, ...open]} value={machine} onChange={(value) => set({ machine: value ?? NONE })} />
        {theirs ? <Elsewhere what={t.thisSeat} facts={[theirs.label, theirs.zone, theirs.device_name ?? t.none].filter(Boolean).join(", ")} /> : null}
        <ErrorLine error={act.error ?? devices.error} />
        <div className="row between">
          <div className="row"><Button type="submit" variant="filled" loading={act.busy}>{t.save}</Button><Button variant="subtle" onClick={onClose}>{t.cancel}</Button></div>
          {past.data === false ? <Button variant="subtle" onClick={() => setRemoving(true)}>{t.removeSeat}</Button> : null}
        </div>
        {past.data ? <p className="dim">{t.removeUsed}</p> : null}
      </form>
    </Modal>
  );
}
