/** Who I am, where, and what I may do there. */

import { queryOptions, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { meShow, type MeOut } from "@/api";
import { choose, organization } from "@/client/organization";

export type Me = MeOut;

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async () => {
    const { data } = await meShow({ throwOnError: true });
    const other = data.organizations[0];
    // The organization that this browser remembers is not ours any more: look at one that is.
    if (data.obstacle !== "no_organization" || !other || !organization()) return data;
    choose(other.id);
    return (await meShow({ throwOnError: true })).data;
  },
  staleTime: 60_000,
});

export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}

/** A thing that access may be granted to by itself, by its group, its seat or its site. */
export interface Place {
  id: string;
  group_id?: string | null;
  site_id?: string | null;
}

/** Whether I may do something to a thing, or without one in the whole organization; false while that is not known yet. */
export function useMay(): (permission: string, thing?: Place) => boolean {
  const me = useQuery(meQuery).data;
  return (permission, thing) => me !== undefined && permits(me, permission, thing);
}

export function permits(me: Pick<Me, "permissions" | "grants">, permission: string, thing?: Place): boolean {
  if (me.permissions.includes(permission)) return true;
  const granted = me.grants[permission] ?? [];
  return thing !== undefined && [thing.id, thing.group_id, thing.site_id].some((place) => place != null && granted.includes(place));
}

/** Whether I may do something anywhere: to everything, at one of my sites, or to a single thing. */
export function permitsSomewhere(me: Pick<Me, "permissions" | "grants">, permission: string): boolean {
  return me.permissions.includes(permission) || (me.grants[permission]?.length ?? 0) > 0;
}
