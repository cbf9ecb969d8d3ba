/** Which site this tab looks at; null is all of them. One choice for each organization, remembered for the next visit. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { placesListSites, type SiteOut } from "@/api";
import { meQuery, permitsSomewhere } from "@/client/me";
import { organization } from "@/client/organization";
import { tellTimesOf } from "@/ui/zone";

const watchers = new Set<() => void>();
const key = () => `gamekeeper.site.${organization() ?? ""}`;

export function siteId(): string | null {
  return (sessionStorage.getItem(key()) ?? localStorage.getItem(key())) || null;
}

export function chooseSite(id: string | null): void {
  // Empty, not absent: "all" in this tab must not fall back to what another tab chose last.
  for (const store of [sessionStorage, localStorage]) store.setItem(key(), id ?? "");
  for (const watcher of watchers) watcher();
}

export const sitesRead = queryOptions({ queryKey: ["sites"], queryFn: async () => (await placesListSites({ query: { limit: 500 }, throwOnError: true })).data.items });

/** The sites; not asked for by somebody of whom it is known that they may not see them. */
export function useSites() {
  const me = useQuery({ ...meQuery, enabled: false }).data;
  return useQuery({ ...sitesRead, enabled: !me || permitsSomewhere(me, "kernel.site.read") });
}

/** The chosen site, as long as it is there and not the only one: then nothing is chosen, and nothing hides what has no site. */
export function useSite(): SiteOut | undefined {
  const id = useSyncExternalStore(watch, siteId);
  const sites = useSites().data ?? [];
  return sites.length > 1 ? sites.find((one) => one.id === id) : undefined;
}

/** Let times be told as they are at the chosen site, or at the only one. For whatever stands around every page. */
export function useSiteTimes(): void {
  const id = useSyncExternalStore(watch, siteId);
  const sites = useSites().data;
  useEffect(() => {
    const site = sites?.length === 1 ? sites[0] : sites?.find((one) => one.id === id);
    tellTimesOf(site?.time_zone, new Map(sites?.map((one) => [one.id, one.time_zone])));
  }, [sites, id]);
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
