/** Seats from machines, in one step. */

import { Button, Checkbox, Modal, Select, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { devicesListDevices, placesCreateSite, stationsAdd, type StationOut } from "@/api";
import { useAct } from "@/client/act";
import { useSites } from "@/client/site";
import { Empty, ErrorLine, ErrorState, Loading } from "@/ui/states";
import { venue as t } from "../texts";

export function AddSeats({ site: here, stations, onClose }: { site: string | undefined; stations: readonly StationOut[]; onClose: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const act = useAct();
  const devices = useQuery({ queryKey: ["devices", "for seats"], queryFn: async () => (await devicesListDevices({ query: { limit: 500 }, throwOnError: true })).data.items });
  const sites = useSites();
  const taken = new Set(stations.map((station) => station.device_id));
  const open = devices.data?.filter((device) => !taken.has(device.id) && device.status !== "revoked") ?? [];
  const [picked, setPicked] = useState<string[] | null>(null);
  const [zone, setZone] = useState("Main hall");
  const [site, setSite] = useState<string | null>(null);
  const chosen = picked ?? (open.length === 1 && open[0] ? [open[0].id] : []);
  const place = site ?? here ?? sites.data?.[0]?.id ?? null;
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    const done = await act.run(async () => {
      const where = place ?? (await placesCreateSite({ body: { name: "Main site", time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone }, throwOnError: true })).data.id;
      await stationsAdd({ body: { site_id: where, device_ids: chosen, zone: zone.trim() }, throwOnError: true });
      await queries.invalidateQueries({ queryKey: ["stations"] });
      await queries.invalidateQueries({ queryKey: ["sites"] });
    });
    if (done) onClose();
  };
  return (
    <Modal opened onClose={onClose} title={t.addTitle}>
      {devices.error ? <ErrorState error={devices.error} retry={() => void devices.refetch()} /> : null}
      {devices.isPending ? <Loading rows={3} /> : null}
      {devices.data && open.length === 0 ? <Empty title={t.noMachine} act={<Button onClick={() => void navigate({ to: "/devices" })}>{t.enrolFirst}</Button>}>{t.addNoneLeft}</Empty> : null}
      {open.length > 0 ? (
        <form className="stack" style={{ gap: "var(--s4)" }} onSubmit={(event) => void submit(event)}>
          <Checkbox.Group label={t.addWhich} value={chosen} onChange={setPicked}>
            <div className="stack" style={{ maxHeight: 280, overflowY: "auto", marginTop: "var(--s2)" }}>
              {open.map((device) => <Checkbox key={device.id} value={device.id} label={`${device.name}${device.hostname && device.hostname !== device.name ? `, ${device.hostname}` : ""}`} />)}
            </div>
          </Checkbox.Group>
          {sites.data && sites.data.length > 1 ? <Select label={t.site} data={sites.data.map((one) => ({ value: one.id, label: one.name }))} value={place} onChange={setSite} /> : null}
          <TextInput label={t.addZone} required pattern=".*\S.*" title={t.zoneHint} maxLength={60} value={zone} onChange={(event) => setZone(event.currentTarget.value)} />
          <ErrorLine error={act.error} />
          <div><Button type="submit" variant="filled" disabled={chosen.length === 0} loading={act.busy}>{t.add(chosen.length)}</Button></div>
        </form>
      ) : null}
    </Modal>
  );
}
