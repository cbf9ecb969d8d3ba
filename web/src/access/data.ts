/** Roles, permissions and teams, which several pages share. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { placesListTeams, rolesListPermissions, rolesListRoles } from "@/api";

export const rolesRead = queryOptions({ queryKey: ["roles"], queryFn: async () => (await rolesListRoles({ throwOnError: true })).data.items });
export const useRoles = () => useQuery(rolesRead);
export const usePermissions = () => useQuery({ queryKey: ["permissions"], queryFn: async () => (await rolesListPermissions({ throwOnError: true })).data.items, staleTime: Number.POSITIVE_INFINITY });
export const teamsRead = queryOptions({ queryKey: ["teams"], queryFn: async () => (await placesListTeams({ query: { limit: 500 }, throwOnError: true })).data.items });
