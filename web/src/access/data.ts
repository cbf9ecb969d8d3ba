/** Roles, permissions and teams, which several pages share. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { useMay } from "@/client/me";
import { placesListTeams, rolesListPermissions, rolesListRoles } from "@/api";

export const rolesRead = queryOptions({ queryKey: ["roles"], queryFn: async () => (await rolesListRoles({ throwOnError: true })).data.items });
/** The roles; not asked for by somebody who may not see them. */
export function useRoles() {
  return useQuery({ ...rolesRead, enabled: useMay()("kernel.role.read") });
}

const permissionsRead = queryOptions({ queryKey: ["permissions"], queryFn: async () => (await rolesListPermissions({ throwOnError: true })).data.items, staleTime: Number.POSITIVE_INFINITY });

/** Every permission with its meaning; not asked for by somebody who may not see the roles. */
export function usePermissions() {
  return useQuery({ ...permissionsRead, enabled: useMay()("kernel.role.read") });
}

export const teamsRead = queryOptions({ queryKey: ["teams"], queryFn: async () => (await placesListTeams({ query: { limit: 500 }, throwOnError: true })).data.items });
