/** A team's name, its site, and who is in it. */

import { Button, Modal, MultiSelect, Select, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { placesUpdateTeam, usersListUsers, type TeamOut } from "@/api";
import { useAct } from "@/client/act";
import { useMay } from "@/client/me";
import { useSites } from "@/client/site";
import { useDraft } from "@/ui/draft";
import { Elsewhere, ErrorLine } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { teamsRead } from "../data";
import { access as t } from "../texts";

function draftOf({ name, site_id, user_ids }: TeamOut) {
  return { name, site_id, user_ids };
}

function bodyOf({ name, site_id, user_ids }: ReturnType<typeof draftOf>) {
  return { name: name.trim(), site_id, user_ids: user_ids.toSorted() };
}

export function TeamDialog({ team, onClose }: { team: TeamOut; onClose: () => void }) {
  const queries = useQueryClient();
  const act = useAct();
  const may = useMay();
  const sites = useSites();
  const seesPeople = may("kernel.member.read");
  const people = useQuery({ queryKey: ["people", "for teams"], enabled: seesPeople, queryFn: async () => (await usersListUsers({ query: { limit: 500 }, throwOnError: true })).data.items });
  const { draft, theirs, set, save } = useDraft(team, draftOf, bodyOf);
  const named = (id: string) => people.data?.find((one) => one.id === id)?.name ?? id;
  const told = ({ name, site_id, user_ids }: TeamOut) =>
    [name, sites.data?.find((one) => one.id === site_id)?.name, seesPeople ? user_ids.map(named).join(", ") : t.teamSize(user_ids.length)].filter(Boolean).join("; ");
  const keep = async () => {
    const sent = await save(
      (headers) => placesUpdateTeam({ path: { team_id: team.id }, body: bodyOf(draft), headers, throwOnError: true }),
      async () => (await queries.fetchQuery({ ...teamsRead, staleTime: 0 })).find((one) => one.id === team.id),
    );
    if (!sent) return;
    await queries.invalidateQueries({ queryKey: ["teams"] });
    tell(t.saved);
    onClose();
  };
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    void act.run(keep);
  };
  // Who is in the team but not among the people that were read stays in it, under its id.
  const choices = [...new Set([...(people.data?.map((one) => one.id) ?? []), ...draft.user_ids])].map((value) => ({ value, label: named(value) }));
  return (
    <Modal opened onClose={onClose} title={team.name}>
      <form className="stack" style={{ gap: "var(--s3)" }} onSubmit={submit}>
        <TextInput label={t.name} required maxLength={100} data-autofocus value={draft.name} onChange={(event) => set({ name: event.currentTarget.value })} />
        {sites.data && sites.data.length > 1 ? <Select label={t.site} placeholder={t.everySite} clearable data={sites.data.map((one) => ({ value: one.id, label: one.name }))} value={draft.site_id} onChange={(site_id) => set({ site_id })} /> : null}
        {seesPeople ? <MultiSelect label={t.teamPeople} searchable disabled={people.isPending} data={choices} value={draft.user_ids} onChange={(user_ids) => set({ user_ids })} /> : null}
        {theirs ? <Elsewhere what={t.thisTeam} facts={told(theirs)} /> : null}
        <ErrorLine error={act.error ?? people.error} />
        <div className="row"><Button type="submit" variant="filled" loading={act.busy}>{t.save}</Button><Button variant="subtle" onClick={onClose}>{t.cancel}</Button></div>
      </form>
    </Modal>
  );
}
