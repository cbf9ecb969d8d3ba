/** The organization itself: its name and rules; its sites, its teams, its API tokens. */

import { Button, Select, TextInput } from "@mantine/core";
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { organizationsGetOrganization, organizationsUpdateOrganization, type MfaRule, type OrganizationOut } from "@/api";
import { useAct } from "@/client/act";
import { useMay } from "@/client/me";
import { Page, Section } from "@/ui/Page";
import { useDraft } from "@/ui/draft";
import { Elsewhere, ErrorLine, ErrorState, Loading } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { access as t } from "../texts";
import { Tokens } from "../tokens/Tokens";
import { Sites, Teams } from "./Places";
import { zonesWith } from "./zones";

const read = queryOptions({ queryKey: ["organization"], queryFn: async () => (await organizationsGetOrganization({ throwOnError: true })).data });

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
      <Select label={t.timeZone} searchable disabled={!editable} data={zonesWith(form.time_zone)} value={form.time_zone} onChange={(time_zone) => set({ time_zone: time_zone ?? "UTC" })} />
      <Select label={t.currency} searchable disabled={!editable} data={Intl.supportedValuesOf("currency")} value={form.currency} onChange={(currency) => set({ currency: currency ?? "EUR" })} />
      <Select label={t.requireMfa} disabled={!mayRequire} data={rules.map((value) => ({ value, label: t.mfaRules[value] ?? value }))} value={form.require_mfa} onChange={(rule) => set({ require_mfa: (rule ?? "nobody") as MfaRule })} />
      {theirs ? <Elsewhere what={t.theOrganization} facts={[theirs.name, theirs.time_zone, theirs.currency, `${t.requireMfa}: ${t.mfaRules[theirs.require_mfa] ?? theirs.require_mfa}`].join(", ")} /> : null}
      <ErrorLine error={act.error} />
      {editable ? <div><Button type="submit" loading={act.busy}>{t.save}</Button></div> : null}
    </form>
  );
}
