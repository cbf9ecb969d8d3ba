/** One member: roles, access to single things, account. */

import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { usersGetUser, usersRemoveUser, usersResetUserMfa, usersUpdateUser, type UserOut } from "@/api";
import { useAct } from "@/client/act";
import { useMay, useMe } from "@/client/me";
import { ConfirmByName } from "@/ui/ConfirmByName";
import { Key } from "@/ui/Key";
import { Facts, Section } from "@/ui/Page";
import { useDraft } from "@/ui/draft";
import { Elsewhere, ErrorLine, ErrorState, Loading } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { When } from "@/ui/When";
import { useSites } from "@/client/site";
import { useRoles } from "../data";
import { access as t } from "../texts";
import { Grants } from "./Grants";
import { RoleFields, type Roles } from "./RoleFields";

export function PersonPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const person = useQuery({ queryKey: ["people", "one", id], queryFn: async () => (await usersGetUser({ path: { user_id: id }, throwOnError: true })).data });
  if (person.error) return <ErrorState error={person.error} retry={() => void person.refetch()} />;
  if (!person.data) return <Loading rows={5} />;
  return <Inside person={person.data} onClose={onClose} />;
}

function draftOf(person: UserOut): Roles {
  return { roles: person.roles, sites: person.sites };
}

function bodyOf({ roles, sites }: Roles): Roles {
  return { roles: roles.toSorted(), sites: sites && sites.toSorted() };
}

/** Roles and sites of a person in words. */
function useNames(): (person: UserOut) => string {
  const roles = useRoles();
  const sites = useSites();
  return (person) => {
    const places = person.sites?.map((id) => sites.data?.find((site) => site.id === id)?.name ?? id) ?? [t.everySite];
    return [...person.roles.map((key) => roles.data?.find((role) => role.key === key)?.name ?? key), ...places].join(", ");
  };
}

function Inside({ person, onClose }: { person: UserOut; onClose: () => void }) {
  const may = useMay();
  const me = useMe();
  const queries = useQueryClient();
  const act = useAct();
  const named = useNames();
  const { draft, theirs, set, heed, save } = useDraft(person, draftOf, bodyOf);
  const [removing, setRemoving] = useState(false);
  const changed = JSON.stringify(bodyOf(draft)) !== JSON.stringify(bodyOf(draftOf(person)));
  const reload = () => queries.invalidateQueries({ queryKey: ["people"] });
  const keep = async () => {
    const path = { user_id: person.id };
    const sent = await save(
      (headers) => usersUpdateUser({ path, body: bodyOf(draft), headers, throwOnError: true }),
      async () => (await usersGetUser({ path, throwOnError: true })).data,
    );
    await reload();
    if (sent) tell(t.saved);
  };
  const reset = () =>
    act.run(async () => {
      await usersResetUserMfa({ path: { user_id: person.id }, throwOnError: true });
      await reload();
      tell(t.resetDone(person.name));
    });
  return (
    <>
      <Section>
        <div className="row between"><h2 className="cut">{person.name}</h2><Button variant="subtle" size="compact-sm" onClick={onClose}><Key keys="Escape" /></Button></div>
        <span className="dim">{person.email}</span>
      </Section>
      <Section>
        <RoleFields value={draft} onChange={set} disabled={!may("kernel.member.update")} />
        {changed ? <div className="row"><Button variant="filled" loading={act.busy} disabled={draft.roles.length === 0} onClick={() => void act.run(keep)}>{t.save}</Button><Button variant="subtle" onClick={() => { heed(); set(draftOf(person)); }}>{t.cancel}</Button></div> : null}
        {theirs ? <Elsewhere what={t.theseRoles} facts={named(theirs)} /> : null}
        <ErrorLine error={act.error} />
      </Section>
      {may("kernel.grant.manage") ? <Section title={t.grants}><Grants user={person.id} /></Section> : null}
      <Section title={t.facts}>
        <Facts rows={[[t.joined, <When key="j" time={person.joined_at} />], [t.lastSignin, <When key="l" time={person.last_signin_at} />], [t.head.second, person.mfa_enabled ? t.on : t.off]]} />
        <div className="row" style={{ flexWrap: "wrap" }}>
          {person.mfa_enabled && may("kernel.member.update") && person.id !== me.user?.id ? <Button onClick={() => void reset()}>{t.resetSecond}</Button> : null}
          {may("kernel.member.remove") ? <Button onClick={() => setRemoving(true)}>{t.remove}</Button> : null}
        </div>
      </Section>
      {removing ? (
        <ConfirmByName title={t.removeTitle(person.name)} name={person.name} act={t.remove} what={t.removeWhat.map((line) => <p key={line}>{line}</p>)} onClose={() => setRemoving(false)} onConfirm={async () => {
          await usersRemoveUser({ path: { user_id: person.id }, throwOnError: true });
          tell(t.removed(person.name));
          onClose();
          await reload();
        }} />
      ) : null}
    </>
  );
}
