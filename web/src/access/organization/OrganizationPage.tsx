/** The organization itself: its name and rules, its sites, its teams, its API tokens. */

import { Button, Select, TextInput } from "@mantine/core";
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { organizationsGetOrganization, organizationsUpdateOrganization, placesCreateSite, placesCreateTeam, placesDeleteSite, placesDeleteTeam, placesListTeams, type MfaRule, type OrganizationOut } from "@/api";
import { useAct } from "@/client/act";
import { useMay } from "@/client/me";
import { Page, Section } from "@/ui/Page";
import { useDraft } from "@/ui/draft";
import { Elsewhere, ErrorLine, ErrorState, Loading } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { useSites } from "@/client/site";
import { access as t } from "../texts";
import { Tokens } from "../tokens/Tokens";

const read = queryOptions({ queryKey: ["organization"], queryFn: async () => (await organizationsGetOrganization({ throwOnError: true })).data });
const ZONES = Intl.supportedValuesOf("timeZone");

export function OrganizationPage() {
  const may = useMay();
  const organization = useQuery(read);
  if (organization.error) return <Page title={t.organization}><ErrorState error={organization.error} retry={() => void organization.refetch()} /></Page>;
  return (
    <Page title={t.organization}>
      <div className="column">
        {organization.data ? <Section title={t.organization}><Settings key={organization.data.id} organization={organization.data} editable={may("kernel.organization.update")} /></Section> : <Loading rows={4} />}
        {may("kernel.site.read") ? <Section title={t.sites}><Sites /></Section> : null}
        {may("kernel.team.read") ? <Section title={t.teams}><Teams /></Section> : null}
        {may("kernel.token.create") ? <Section title={t.tokens}><Tokens /></Section> : null}
      </div>
    </Page>
  );
}

type Settings = Pick<OrganizationOut, "name" | "time_zone" | "currency" | "require_mfa">;

function settingsOf({ name, time_zone, currency, require_mfa }: OrganizationOut): Settings {
  return { name, time_zone, currency, require_mfa };
}

function Settings({ organization, editable }: { organization: OrganizationOut; editable: boolean }) {
  const may = useMay();
  const queries = useQueryClient();
  const mayRequire = may("kernel.organization.require_mfa");
  const bodyOf = ({ require_mfa, ...rest }: Settings) => ({ ...rest, name: rest.name.trim(), ...(mayRequire ? { require_mfa } : {}) });
  const { draft: form, theirs, set, save } = useDraft(organization, settingsOf, bodyOf);
  const act = useAct();
  const keep = async () => {
    const sent = await save(
      (headers) => organizationsUpdateOrganization({ body: bodyOf(form), headers, throwOnError: true }),
      () => queries.fetchQuery({ ...read, staleTime: 0 }),
    );
    await Promise.all([queries.invalidateQueries({ queryKey: ["organization"] }), queries.invalidateQueries({ queryKey: ["me"] })]);
    if (sent) tell(t.saved);
  };
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    void act.run(keep);
  };
  const rules = ["nobody", "admins", "everyone"].filter((rule) => rule in t.mfaRules);
  return (
    <form className="form" onSubmit={submit}>
      <TextInput label={t.name} required maxLength={100} disabled={!editable} value={form.name} onChange={(event) => set({ name: event.currentTarget.value })} />
      <Select label={t.timeZone} searchable disabled={!editable} data={ZONES.includes(form.time_zone) ? ZONES : [form.time_zone, ...ZONES]} value={form.time_zone} onChange={(time_zone) => set({ time_zone: time_zone ?? "UTC" })} />
      <Select label={t.currency} searchable disabled={!editable} data={Intl.supportedValuesOf("currency")} value={form.currency} onChange={(currency) => set({ currency: currency ?? "EUR" })} />
      <Select label={t.requireMfa} disabled={!mayRequire} data={rules.map((value) => ({ value, label: t.mfaRules[value] ?? value }))} value={form.require_mfa} onChange={(rule) => set({ require_mfa: (rule ?? "nobody") as MfaRule })} />
      {theirs ? <Elsewhere what={t.theOrganization} facts={[theirs.name, theirs.time_zone, theirs.currency, `${t.requireMfa}: ${t.mfaRules[theirs.require_mfa] ?? theirs.require_mfa}`].join(", ")} /> : null}
      <ErrorLine error={act.error} />
      {editable ? <div><Button type="submit" loading={act.busy}>{t.save}</Button></div> : null}
    </form>
  );
}

function Named({ items, none, label, add, onAdd, onRemove, editable }: { items: readonly { id: string; name: string; note?: string }[]; none?: string; label: string; add: string; onAdd: (name: string) => Promise<unknown>; onRemove: (id: string) => Promise<unknown>; editable: boolean }) {
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
            {editable ? <Button variant="subtle" onClick={() => void act.run(() => onRemove(item.id))}>{t.delete}</Button> : null}
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

function Sites() {
  const may = useMay();
  const queries = useQueryClient();
  const sites = useSites();
  const reload = () => queries.invalidateQueries({ queryKey: ["sites"] });
  if (sites.error) return <ErrorState error={sites.error} />;
  return (
    <Named items={(sites.data ?? []).map((site) => ({ ...site, note: site.time_zone }))} label={t.siteName} add={t.siteNew} editable={may("kernel.site.manage")}
      onAdd={async (name) => { await placesCreateSite({ body: { name, time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone }, throwOnError: true }); await reload(); }}
      onRemove={async (site_id) => { await placesDeleteSite({ path: { site_id }, throwOnError: true }); await reload(); }} />
  );
}

function Teams() {
  const may = useMay();
  const queries = useQueryClient();
  const teams = useQuery({ queryKey: ["teams"], queryFn: async () => (await placesListTeams({ throwOnError: true })).data.items });
  const reload = () => queries.invalidateQueries({ queryKey: ["teams"] });
  if (teams.error) return <ErrorState error={teams.error} />;
  return (
    <Named items={(teams.data ?? []).map((team) => ({ ...team, note: String(team.user_ids.length) }))} none={t.noTeams} label={t.teamName} add={t.teamNew} editable={may("kernel.team.manage")}
      onAdd={async (name) => { await placesCreateTeam({ body: { name }, throwOnError: true }); await reload(); }}
      onRemove={async (team_id) => { await placesDeleteTeam({ path: { team_id }, throwOnError: true }); await reload(); }} />
  );
}
