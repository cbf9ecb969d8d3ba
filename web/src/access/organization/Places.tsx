/** The sites and the teams of the organization. */

import { Button, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { placesCreateSite, placesCreateTeam, placesDeleteSite, placesDeleteTeam } from "@/api";
import { useAct } from "@/client/act";
import { useMay } from "@/client/me";
import { useSites } from "@/client/site";
import { useLive } from "@/realtime/hooks";
import { ErrorLine, ErrorState } from "@/ui/states";
import { teamsRead } from "../data";
import { access as t } from "../texts";
import { SiteDialog } from "./SiteDialog";
import { TeamDialog } from "./TeamDialog";

function Named({ items, none, label, add, onAdd, onEdit, onRemove, editable }: { items: readonly { id: string; name: string; note?: string }[]; none?: string; label: string; add: string; onAdd: (name: string) => Promise<unknown>; onEdit: (id: string) => void; onRemove: (id: string) => Promise<unknown>; editable: boolean }) {
  const [name, setName] = useState("");
  const act = useAct();
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (await act.run(() => onAdd(name))) setName("");
  };
  return (
    <>
      {items.length === 0 && none ? <p className="dim">{none}</p> : null}
      <ul className="lines">
        {items.map((item) => (
          <li key={item.id}>
            <span className="cut"><span className="strong">{item.name}</span> <span className="dim">{item.note}</span></span>
            {editable ? (
              <span className="row">
                <Button variant="subtle" aria-label={t.editNamed(item.name)} onClick={() => onEdit(item.id)}>{t.edit}</Button>
                <Button variant="subtle" aria-label={t.deleteNamed(item.name)} onClick={() => void act.run(() => onRemove(item.id))}>{t.delete}</Button>
              </span>
            ) : null}
          </li>
        ))}
      </ul>
      <ErrorLine error={act.error} />
      {editable ? (
        <form className="row" onSubmit={(event) => void submit(event)}>
          <TextInput aria-label={label} placeholder={label} required maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Button type="submit" loading={act.busy}>{add}</Button>
        </form>
      ) : null}
    </>
  );
}

export function Sites() {
  const may = useMay();
  const queries = useQueryClient();
  const sites = useSites();
  const [open, setOpen] = useState<string | null>(null);
  const reload = () => queries.invalidateQueries({ queryKey: ["sites"] });
  useLive(["sites"], () => void reload(), () => void reload());
  if (sites.error) return <ErrorState error={sites.error} />;
  const site = sites.data?.find((one) => one.id === open);
  return (
    <>
      <Named items={(sites.data ?? []).map((one) => ({ ...one, note: one.time_zone }))} label={t.siteName} add={t.siteNew} editable={may("kernel.site.manage")} onEdit={setOpen}
        onAdd={async (name) => { await placesCreateSite({ body: { name, time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone }, throwOnError: true }); await reload(); }}
        onRemove={async (site_id) => { await placesDeleteSite({ path: { site_id }, throwOnError: true }); await reload(); }} />
      {site ? <SiteDialog key={site.id} site={site} onClose={() => setOpen(null)} /> : null}
    </>
  );
}

export function Teams() {
  const may = useMay();
  const queries = useQueryClient();
  const teams = useQuery(teamsRead);
  const [open, setOpen] = useState<string | null>(null);
  const reload = () => queries.invalidateQueries({ queryKey: ["teams"] });
  useLive(["teams"], () => void reload(), () => void reload());
  if (teams.error) return <ErrorState error={teams.error} />;
  const team = teams.data?.find((one) => one.id === open);
  return (
    <>
      <Named items={(teams.data ?? []).map((one) => ({ ...one, note: t.teamSize(one.user_ids.length) }))} none={t.noTeams} label={t.teamName} add={t.teamNew} editable={may("kernel.team.manage")} onEdit={setOpen}
        onAdd={async (name) => { await placesCreateTeam({ body: { name }, throwOnError: true }); await reload(); }}
        onRemove={async (team_id) => { await placesDeleteTeam({ path: { team_id }, throwOnError: true }); await reload(); }} />
      {team ? <TeamDialog key={team.id} team={team} onClose={() => setOpen(null)} /> : null}
    </>
  );
}
