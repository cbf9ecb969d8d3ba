/** What each role permits: built-in ones to read, one's own to edit. */

import { Button, Checkbox, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { rolesCreateRole, rolesDeleteRole, rolesUpdateRole, type PermissionOut, type RoleOut } from "@/api";
import { useAct } from "@/client/act";
import { useMay } from "@/client/me";
import { ErrorLine, ErrorState, Loading } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { usePermissions, useRoles } from "../data";
import { access as t } from "../texts";
import "./roles.css";

export function RolesTab() {
  const roles = useRoles();
  const permissions = usePermissions();
  const may = useMay();
  const [open, setOpen] = useState<string | "new">("owner");
  const [like, setLike] = useState<string[]>([]);
  const queries = useQueryClient();
  if (roles.error || permissions.error) return <ErrorState error={roles.error ?? permissions.error} retry={() => void roles.refetch()} />;
  if (!roles.data || !permissions.data) return <Loading />;
  const role = roles.data.find((one) => one.key === open);
  const reload = () => queries.invalidateQueries({ queryKey: ["roles"] });
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

function RoleEditor({ role, like, permissions, editable, reload, onOpen, onCopy }: { role: RoleOut | undefined; like: string[]; permissions: readonly PermissionOut[]; editable: boolean; reload: () => Promise<unknown>; onOpen: (key: string) => void; onCopy: (permissions: string[]) => void }) {
  const [name, setName] = useState(role?.name ?? "");
  const [has, setHas] = useState(new Set(role?.permissions ?? like));
  const act = useAct();
  const may = useMay();
  const toggle = (value: string) => {
    const next = new Set(has);
    if (!next.delete(value)) next.add(value);
    setHas(next);
  };
  const save = (event: React.FormEvent) => {
    event.preventDefault();
    void act.run(async () => {
      const body = { name, permissions: [...has] };
      const saved = role ? await rolesUpdateRole({ path: { role_id: role.key }, body, throwOnError: true }) : await rolesCreateRole({ body, throwOnError: true });
      await reload();
      onOpen(saved.data.key);
      tell(t.saved);
    });
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
    <form className="role-editor" onSubmit={save}>
      <div className="row between">
        {editable ? <TextInput label={t.roleName} required maxLength={60} value={name} onChange={(event) => setName(event.currentTarget.value)} /> : <h2>{role?.name}</h2>}
        <div className="row">
          {role?.builtin && may("kernel.role.manage") ? <Button onClick={() => onCopy(role.permissions)}>{t.copyRole}</Button> : null}
          {editable ? <Button type="submit" variant="filled" loading={act.busy} disabled={!name.trim()}>{t.save}</Button> : null}
          {editable && role ? <Button variant="subtle" onClick={() => void remove(role)}>{t.deleteRole}</Button> : null}
        </div>
      </div>
      <ErrorLine error={act.error} />
      {modules.map((module) => (
        <fieldset key={module} className="role-module">
          <legend className="label">{module}</legend>
          {permissions.filter((one) => one.value.startsWith(`${module}.`)).map((one) => (
            <Checkbox key={one.value} label={one.meaning} description={<span className="mono">{one.value}</span>} checked={has.has(one.value)} disabled={!editable} onChange={() => toggle(one.value)} />
          ))}
        </fieldset>
      ))}
    </form>
  );
}
