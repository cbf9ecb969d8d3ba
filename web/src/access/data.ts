/** Roles, permissions and sites, which several pages share. */

import { useQuery } from "@tanstack/react-query";
import { rolesListPermissions, rolesListRoles } from "@/api";

export const useRoles = () => useQuery({ queryKey: ["roles"], queryFn: async () => (await rolesListRoles({ throwOnError: true })).data.items });
export const usePermissions = () => useQuery({ queryKey: ["permissions"], queryFn: async () => (await rolesListPermissions({ throwOnError: true })).data.items, staleTime: Number.POSITIVE_INFINITY });
