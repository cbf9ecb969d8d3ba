/** Access to one thing, for a while or for good. */

import { Button, Modal, MultiSelect, Select, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { devicesListDevices, grantsEndGrant, grantsListGrants, grantsMakeGrant, deviceGroupsListGroups } from "@/api";
import { useAct } from "@/client/act";
import { ErrorLine, ErrorState } from "@/ui/states";
import { When } from "@/ui/When";
import { useSites } from "@/client/site";
import { usePermissions } from "../data";
import { access as t } from "../texts";

export function Grants({ user }: { user: string }) {
  const queries = useQueryClient();
  const act = useAct();
  const [giving, setGiving] = useState(false);
  const grants = useQuery({ queryKey: ["grants", user], queryFn: async () => (await grantsListGrants({ query: { user_id: user, limit: 100 }, throwOnError: true })).data.items });
  const names = useThings();
  const reload = () => queries.invalidateQueries({ queryKey: ["grants"] });
  const end = (id: string) =>
    act.run(async () => {
      await grantsEndGrant({ path: { grant_id: id }, throwOnError: true });
      await reload();
    });
  if (grants.error) return <ErrorState error={grants.error} />;
  const live = grants.data?.filter((grant) => !grant.over) ?? [];
  return (
    <>
      {grants.data && live.length === 0 ? <p className="dimmer">{t.noGrants}</p> : null}
      <ul className="lines">
        {live.map((grant) => (
          <li key={grant.id}>
            <div className="stack" style={{ gap: 2 }}>
              <span className="strong cut">{names.find((thing) => thing.value === grant.resource_id)?.label ?? t.grantKinds[grant.resource_kind] ?? grant.resource_kind}</span>
              <span className="dim">{grant.permissions.join(", ")}</span>
              {grant.ends_at ? <span className="dimmer">{t.ends} <When time={grant.ends_at} /></span> : null}
            </div>
            <Button size="compact-sm" onClick={() => void end(grant.id)}>{t.endGrant}</Button>
          </li>
        ))}
      </ul>
      <ErrorLine error={act.error} />
      <div><Button onClick={() => setGiving(true)}>{t.grant}</Button></div>
      {giving ? <GrantDialog user={user} onClose={() => { setGiving(false); void reload(); }} /> : null}
    </>
  );
}

interface Thing {
  value: string;
  label: string;
  kind: string;
}

function useThings(): Thing[] {
  const sites = useSites();
  const devices = useQuery({ queryKey: ["devices", "for grants"], queryFn: async () => (await devicesListDevices({ query: { limit: 500 }, throwOnError: true })).data.items });
  const groups = useQuery({ queryKey: ["groups"], queryFn: async () => (await deviceGroupsListGroups({ throwOnError: true })).data });
  return [
    ...(sites.data ?? []).map((site) => ({ value: site.id, label: site.name, kind: "site" })),
    ...(groups.data ?? []).map((group) => ({ value: group.id, label: group.name, kind: "devicegroup" })),
    ...(devices.data ?? []).map((device) => ({ value: device.id, label: device.name, kind: "device" })),
  ];
}

function GrantDialog({ user, onClose }: { user: string; onClose: () => void }) {
  const things = useThings();
  const permissions = usePermissions();
  const [thing, setThing] = useState<string | null>(null);
  const [may, setMay] = useState<string[]>([]);
  const [ends, setEnds] = useState("");
  const act = useAct();
  const chosen = things.find((one) => one.value === thing);
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (!chosen) return;
    const body = { user_id: user, resource_kind: chosen.kind, resource_id: chosen.value, permissions: may, ends_at: ends ? new Date(ends).toISOString() : null };
    if (await act.run(() => grantsMakeGrant({ body, throwOnError: true }))) onClose();
  };
  const kinds = Object.entries(t.grantKinds).map(([kind, group]) => ({ group, items: things.filter((one) => one.kind === kind) }));
  const offered = permissions.data?.filter((one) => !one.value.startsWith("kernel.")) ?? [];
  return (
    <Modal opened onClose={onClose} title={t.grant}>
      <form className="stack" style={{ gap: "var(--s3)" }} onSubmit={(event) => void submit(event)}>
        <Select label={t.grantTo} searchable required data-autofocus data={kinds.filter((group) => group.items.length > 0)} value={thing} onChange={setThing} />
        <MultiSelect label={t.grantPermissions} searchable required={may.length === 0} data={offered.map((one) => ({ value: one.value, label: one.meaning }))} value={may} onChange={setMay} />
        <TextInput label={t.grantEnds} type="datetime-local" value={ends} onChange={(event) => setEnds(event.currentTarget.value)} />
        <ErrorLine error={act.error} />
        <div className="row"><Button type="submit" variant="filled" loading={act.busy} disabled={!chosen || may.length === 0}>{t.grant}</Button><Button variant="subtle" onClick={onClose}>{t.cancel}</Button></div>
      </form>
    </Modal>
  );
}
