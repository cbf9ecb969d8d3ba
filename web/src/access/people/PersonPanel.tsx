/** One member: roles, access to single things, account. */

import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { usersGetUser, usersRemoveUser, usersResetUserMfa, usersUpdateUser, type UserOut } from "@/api";
import { useAct } from "@/client/act";
import { useMay, useMe } from "@/client/me";
import { ConfirmByName } from "@/ui/ConfirmByName";
import { Key } from "@/ui/Key";
import { Facts, Section } from "@/ui/Page";
import { ErrorLine, ErrorState, Loading } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { When } from "@/ui/When";
import { access as t } from "../texts";
import { Grants } from "./Grants";
import { RoleFields, type Roles } from "./RoleFields";

export function PersonPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const person = useQuery({ queryKey: ["people", "one", id], queryFn: async () => (await usersGetUser({ path: { user_id: id }, throwOnError: true })).data });
  if (person.error) return <ErrorState error={person.error} retry={() => void person.refetch()} />;
  if (!person.data) return <Loading rows={5} />;
  return <Inside person={person.data} onClose={onClose} />;
}

function Inside({ person, onClose }: { person: UserOut; onClose: () => void }) {
  const may = useMay();
  const me = useMe();
  const queries = useQueryClient();
  const act = useAct();
  const [roles, setRoles] = useState<Roles>({ roles: person.roles, sites: person.sites });
  const [removing, setRemoving] = useState(false);
  useEffect(() => setRoles({ roles: person.roles, sites: person.sites }), [person]);
  const changed = JSON.stringify([roles.roles, roles.sites]) !== JSON.stringify([person.roles, person.sites]);
  const reload = () => queries.invalidateQueries({ queryKey: ["people"] });
  const save = () =>
    act.run(async () => {
      await usersUpdateUser({ path: { user_id: person.id }, body: roles, throwOnError: true });
      await reload();
      tell(t.saved);
    });
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
        <RoleFields value={roles} onChange={setRoles} disabled={!may("kernel.member.update")} />
        {changed ? <div className="row"><Button variant="filled" loading={act.busy} disabled={roles.roles.length === 0} onClick={() => void save()}>{t.save}</Button><Button variant="subtle" onClick={() => setRoles({ roles: person.roles, sites: person.sites })}>{t.cancel}</Button></div> : null}
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
