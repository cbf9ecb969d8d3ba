/** Who I am, where, and what I may do there. */

import { queryOptions, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { meShow, type MeOut } from "@/api";

export type Me = MeOut;

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async () => (await meShow({ throwOnError: true })).data,
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
