/** What each role permits: built-in ones to read, one's own to edit. */

import { Button, Checkbox, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { rolesCreateRole, rolesDeleteRole, rolesUpdateRole, type PermissionOut, type RoleOut } from "@/api";
import { useAct } from "@/client/act";
import { useMay } from "@/client/me";
import { useLive } from "@/realtime/hooks";
import { useDraft } from "@/ui/draft";
import { Elsewhere, ErrorLine, ErrorState, Loading } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { rolesRead, usePermissions, useRoles } from "../data";
import { access as t } from "../texts";
import "./roles.css";

export function RolesTab() {
  const roles = useRoles();
  const permissions = usePermissions();
  const may = useMay();
  const [open, setOpen] = useState<string | "new">("owner");
  const [like, setLike] = useState<string[]>([]);
  const queries = useQueryClient();
  const reload = () => queries.invalidateQueries({ queryKey: ["roles"] });
  useLive(may("kernel.role.read") ? ["roles"] : [], () => void reload(), () => void reload());
  if (roles.error || permissions.error) return <ErrorState error={roles.error ?? permissions.error} retry={() => void roles.refetch()} />;
  if (!roles.data || !permissions.data) return <Loading />;
  const role = roles.data.find((one) => one.key === open);
  const editable = may("kernel.role.manage");
  return (
    <div className="roles">
      <nav className="roles-list" aria-label={t.rolesTab}>
        {roles.data.map((one) => (
          <button key={one.key} type="button" className="role-item" aria-current={one.key === open} onClick={() => setOpen(one.key)}>
            <span className="strong cut">{one.name}</span>
            <span className="dimmer">{one.builtin ? t.builtin : t.custom} · {one.permissions.length}</span>
          </button>
        ))}
        {editable ? <div style={{ padding: "var(--s3) var(--s4)" }}><Button onClick={() => { setLike([]); setOpen("new"); }}>{t.newRole}</Button></div> : null}
      </nav>
      <RoleEditor key={open} role={role} like={like} permissions={permissions.data} editable={editable && !role?.builtin} reload={reload} onOpen={setOpen} onCopy={(from) => { setLike(from); setOpen("new"); }} />
    </div>
  );
}

interface RoleDraft {
  name: string;
  has: ReadonlySet<string>;
}

function fresh(permissions: string[]): RoleOut {
  return { key: "", name: "", builtin: false, permissions, version: null };
}

function draftOf(role: RoleOut): RoleDraft {
  return { name: role.name, has: new Set(role.permissions) };
}

function bodyOf({ name, has }: RoleDraft) {
  return { name: name.trim(), permissions: [...has].toSorted() };
}

/** Their name, and where their permissions differ from the draft's. */
function told(theirs: RoleOut, { has }: RoleDraft, permissions: readonly PermissionOut[]): string {
  const meanings = (of: (value: string) => boolean) => permissions.filter((one) => of(one.value)).map((one) => one.meaning);
  const more = meanings((value) => theirs.permissions.includes(value) && !has.has(value));
  const less = meanings((value) => has.has(value) && !theirs.permissions.includes(value));
  return [theirs.name, ...(more.length > 0 ? [t.theirsHas(more)] : []), ...(less.length > 0 ? [t.theirsLacks(less)] : [])].join("; ");
}

function RoleEditor({ role, like, permissions, editable, reload, onOpen, onCopy }: { role: RoleOut | undefined; like: string[]; permissions: readonly PermissionOut[]; editable: boolean; reload: () => Promise<unknown>; onOpen: (key: string) => void; onCopy: (permissions: string[]) => void }) {
  const queries = useQueryClient();
  const { draft, theirs, set, save } = useDraft(role ?? fresh(like), draftOf, bodyOf);
  const act = useAct();
  const may = useMay();
  const toggle = (value: string) => {
    const has = new Set(draft.has);
    if (!has.delete(value)) has.add(value);
    set({ has });
  };
  const keep = async () => {
    const body = bodyOf(draft);
    if (role) {
      const sent = await save(
        (headers) => rolesUpdateRole({ path: { role_id: role.key }, body, headers, throwOnError: true }),
        async () => (await queries.fetchQuery({ ...rolesRead, staleTime: 0 })).find((one) => one.key === role.key),
      );
      if (!sent) return;
      await reload();
    } else {
      const made = await rolesCreateRole({ body, throwOnError: true });
      await reload();
      onOpen(made.data.key);
    }
    tell(t.saved);
  };
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    void act.run(keep);
  };
  const remove = (gone: RoleOut) =>
    act.run(async () => {
      await rolesDeleteRole({ path: { role_id: gone.key }, throwOnError: true });
      await reload();
      onOpen("owner");
      tell(t.roleDeleted(gone.name));
    });
  const modules = [...new Set(permissions.map((one) => one.value.split(".")[0] ?? ""))];
  return (
    <form className="role-editor" onSubmit={submit}>
      <div className="row between">
        {editable ? <TextInput label={t.roleName} required maxLength={60} value={draft.name} onChange={(event) => set({ name: event.currentTarget.value })} /> : <h2>{role?.name}</h2>}
        <div className="row">
          {role?.builtin && may("kernel.role.manage") ? <Button onClick={() => onCopy(role.permissions)}>{t.copyRole}</Button> : null}
          {editable ? <Button type="submit" variant="filled" loading={act.busy} disabled={!draft.name.trim()}>{t.save}</Button> : null}
          {editable && role ? <Button variant="subtle" onClick={() => void remove(role)}>{t.deleteRole}</Button> : null}
        </div>
      </div>
      {theirs ? <Elsewhere what={t.thisRole} facts={told(theirs, draft, permissions)} /> : null}
      <ErrorLine error={act.error} />
      {modules.map((module) => (
        <fieldset key={module} className="role-module">
          <legend className="label">{t.permissionModules[module] ?? module}</legend>
          {permissions.filter((one) => one.value.startsWith(`${module}.`)).map((one) => (
            <Checkbox key={one.value} label={one.meaning} description={<span className="mono">{one.value}</span>} checked={draft.has.has(one.value)} disabled={!editable} onChange={() => toggle(one.value)} />
          ))}
        </fieldset>
      ))}
    </form>
  );
}
