/** Which roles, and at which sites they count. */

import { MultiSelect } from "@mantine/core";
import { useSites } from "@/client/site";
import { useRoles } from "../data";
import { access as t } from "../texts";

export interface Roles {
  roles: string[];
  sites: string[] | null;
}

export function RoleFields({ value, onChange, disabled }: { value: Roles; onChange: (value: Roles) => void; disabled?: boolean }) {
  const roles = useRoles();
  const sites = useSites();
  return (
    <>
      <MultiSelect label={t.roles} required={value.roles.length === 0} disabled={disabled} data={roles.data?.map((role) => ({ value: role.key, label: role.name })) ?? []} value={value.roles} onChange={(next) => onChange({ ...value, roles: next })} />
      {sites.data && sites.data.length > 1 ? (
        <MultiSelect label={t.sites} placeholder={value.sites?.length ? undefined : t.everySite} disabled={disabled} data={sites.data.map((site) => ({ value: site.id, label: site.name }))} value={value.sites ?? []} onChange={(next) => onChange({ ...value, sites: next.length > 0 ? next : null })} />
      ) : null}
    </>
  );
}
