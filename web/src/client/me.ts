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

/** Whether I may do something in the whole organization; null while that is not known yet. */
export function useMay(): (permission: string) => boolean {
  const me = useQuery(meQuery).data;
  return (permission) => me?.permissions.includes(permission) ?? false;
}
