/** The devices as the server tells them, kept true by the live socket. */

import { keepPreviousData, queryOptions, useInfiniteQuery, useQueries, useQuery, useQueryClient, type InfiniteData, type QueryClient } from "@tanstack/react-query";
import { devicesCountDevices, devicesListDevices, devicesReadDevice, type DeviceOut, type DevicePageOut, type DeviceRowOut, type DeviceState, type Mode } from "@/api";
import { meQuery, permitsSomewhere } from "@/client/me";
import { useLive } from "@/realtime/hooks";
import { reread } from "@/realtime/reread";
import type { Frame } from "@/realtime/frames";

export interface Filters {
  state?: DeviceState[];
  mode?: Mode[];
  site?: string;
  group?: string;
  tag?: string[];
  approval?: "pending";
  q?: string;
}

type Pages = InfiniteData<DevicePageOut>;

/** Beside a device's name: its host, unless that is its name, and its place. */
export function whereabouts({ name, hostname, location }: Pick<DeviceRowOut, "name" | "hostname" | "location">): string {
  return [hostname === name ? "" : hostname, location].filter(Boolean).join(" · ");
}

export function useDevices(filters: Filters) {
  return useInfiniteQuery({
    queryKey: ["devices", "list", filters],
    queryFn: async ({ pageParam }) => (await devicesListDevices({ query: { ...filters, limit: 100, after: pageParam }, throwOnError: true })).data,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });
}

export function useCounts(filters: Filters) {
  const { state: _, ...others } = filters;
  return useQuery({
    queryKey: ["devices", "counts", others],
    queryFn: async () => (await devicesCountDevices({ query: others, throwOnError: true })).data,
    placeholderData: keepPreviousData,
  });
}

const deviceRead = (id: string) =>
  queryOptions({
    queryKey: ["devices", "one", id],
    queryFn: async () => (await devicesReadDevice({ path: { device_id: id }, throwOnError: true })).data,
  });

export function useDevice(id: string) {
  return useQuery(deviceRead(id));
}

/** The names of devices, "…" while they are read. Those that are gone, or not the reader's to see, are left out. */
export function useDeviceNames(ids: readonly string[]): ReadonlyMap<string, string> {
  const me = useQuery({ ...meQuery, enabled: false }).data;
  const enabled = me !== undefined && permitsSomewhere(me, "fleet.device.view");
  const read = useQueries({ queries: ids.map((id) => ({ ...deviceRead(id), enabled })) });
  return new Map(ids.flatMap((id, at) => {
    const name = read[at]?.data?.name ?? (read[at]?.isLoading ? "…" : undefined);
    return name === undefined ? [] : [[id, name] as const];
  }));
}

/** Keep every cached list and device true while the component stands. */
export function useLiveDevices(topics: readonly string[]): void {
  const queries = useQueryClient();
  const reload = () => void queries.invalidateQueries({ queryKey: ["devices"] });
  useLive(topics, (frame) => apply(queries, frame), reload);
}

export function apply(queries: QueryClient, frame: Frame): void {
  if (!frame.event.startsWith("device:")) return;
  const data = frame.data;
  if (frame.event === "device:metric") {
    patch(queries, String(data.device_id), data.metrics as Partial<DeviceRowOut>);
  } else if (frame.event === "device:status") {
    const id = String(data.id ?? data.subject_id);
    patch(queries, id, {
      status: data.status as DeviceState,
      last_seen: (data.last_seen as string | null) ?? null,
      reason: String(data.reason ?? ""),
    });
    reread(queries, ["devices", "list"]);
    void queries.invalidateQueries({ queryKey: ["devices", "counts"] });
    void queries.invalidateQueries({ queryKey: ["devices", "one", id] });
  } else if (frame.event !== "device:log") {
    void queries.invalidateQueries({ queryKey: ["devices"] });
  }
}

/** Change one device in place, wherever it is shown: nothing is reordered. */
export function patch(queries: QueryClient, id: string, change: Partial<DeviceRowOut>): void {
  queries.setQueriesData<Pages>({ queryKey: ["devices", "list"] }, (pages) => {
    if (!pages?.pages.some((page) => page.items.some((item) => item.id === id))) return pages;
    return { ...pages, pages: pages.pages.map((page) => ({ ...page, items: page.items.map((item) => (item.id === id ? { ...item, ...change } : item)) })) };
  });
  queries.setQueryData<DeviceOut>(["devices", "one", id], (device) => (device ? { ...device, ...change } : device));
}
