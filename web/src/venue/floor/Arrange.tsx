/** A seat's place: its label, its zone, the machine behind it; and its removal while it was never used. */

import { Autocomplete, Button, Modal, Select, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { devicesListDevices, sessionsListSessions, stationsChange, stationsRead, stationsRemove, type StationOut } from "@/api";
import { useAct } from "@/client/act";
import { isProblem } from "@/client/problem";
import { ConfirmByName } from "@/ui/ConfirmByName";
import { ErrorLine } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { venue as t } from "../texts";
import { useStations } from "./data";

const NONE = "none";

export function Arrange({ station, onClose, onRemoved }: { station: StationOut; onClose: () => void; onRemoved: () => void }) {
  const queries = useQueryClient();
  const act = useAct();
  const stations = useStations();
  const devices = useQuery({ queryKey: ["devices", "for seats"], queryFn: async () => (await devicesListDevices({ query: { limit: 500 }, throwOnError: true })).data.items });
  const past = useQuery({ queryKey: ["was used", station.id], queryFn: async () => (await sessionsListSessions({ query: { station_id: station.id, limit: 1 }, throwOnError: true })).data.items.length > 0 });
  // What the form stands on: the floor moves on under it.
  const [stand, setStand] = useState(station);
  const [theirs, setTheirs] = useState<StationOut | null>(null);
  const [label, setLabel] = useState(station.label);
  const [zone, setZone] = useState(station.zone);
  const [machine, setMachine] = useState(station.device_id ?? NONE);
  const [removing, setRemoving] = useState(false);
  const zones = [...new Set(stations.data?.filter((one) => one.site_id === station.site_id).map((one) => one.zone).filter(Boolean))];
  const taken = new Set(stations.data?.filter((one) => one.id !== station.id).map((one) => one.device_id));
  const open = (devices.data ?? []).filter((device) => device.id !== station.device_id && !taken.has(device.id) && device.status !== "revoked").map((device) => ({ value: device.id, label: device.name }));
  const own = station.device_id ? [{ value: station.device_id, label: station.device_name ?? station.device_id }] : [];
  const save = async () => {
    const device_id = machine === NONE ? null : machine;
    const body = {
      ...(label.trim() === stand.label ? {} : { label: label.trim() }),
      ...(zone.trim() === stand.zone ? {} : { zone: zone.trim() }),
      ...(device_id === stand.device_id ? {} : { device_id }),
    };
    try {
      await stationsChange({ path: { station_id: station.id }, body, headers: { "If-Match": `"${stand.version}"` }, throwOnError: true });
    } catch (refused) {
      if (!isProblem(refused, "precondition_failed")) throw refused;
      const newer = (await stationsRead({ path: { station_id: station.id }, throwOnError: true })).data;
      setStand(newer);
      setTheirs(newer);
      return;
    }
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
    setTheirs(null);
    void act.run(save);
  };
  if (removing) {
    return (
      <ConfirmByName title={t.removeTitle(station.label)} name={t.seat(station.label)} act={t.removeSeat} what={<p>{t.removeDetail}</p>} onClose={() => setRemoving(false)} onConfirm={remove} />
    );
  }
  return (
    <Modal opened onClose={onClose} title={t.arrangeTitle(station.label)}>
      <form className="stack" style={{ gap: "var(--s4)" }} onSubmit={submit}>
        <TextInput label={t.label} description={t.labelHint} required data-autofocus maxLength={12} pattern="[^\s>]+" value={label} onChange={(event) => setLabel(event.currentTarget.value)} />
        <Autocomplete label={t.addZone} maxLength={60} data={zones} value={zone} onChange={setZone} />
        <Select label={t.machine} description={station.session ? t.machineBusy : undefined} disabled={station.session !== null || devices.isPending} searchable allowDeselect={false} data={[{ value: NONE, label: t.none }, ...own, ...open]} value={machine} onChange={(value) => setMachine(value ?? NONE)} />
        {theirs ? <p className="note is-ending" role="alert">{t.seatElsewhere(theirs.label, theirs.zone, theirs.device_name ?? t.none)}</p> : null}
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
