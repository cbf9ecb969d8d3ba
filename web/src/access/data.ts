/** Roles, permissions and sites, which several pages share. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { rolesListPermissions, rolesListRoles } from "@/api";

export const rolesRead = queryOptions({ queryKey: ["roles"], queryFn: async () => (await rolesListRoles({ throwOnError: true })).data.items });
export const useRoles = () => useQuery(rolesRead);
export const usePermissions = () => useQuery({ queryKey: ["permissions"], queryFn: async () => (await rolesListPermissions({ throwOnError: true })).data.items, staleTime: Number.POSITIVE_INFINITY });
