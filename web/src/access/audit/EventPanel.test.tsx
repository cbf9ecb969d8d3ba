/** Devices in the facts of an event are called by their names, as far as the reader may see them. */

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { EventOut } from "@/api";
import { EventPanel } from "./EventPanel";

const HERE = "01a20185-0c7e-7317-930b-00000000aaaa";
const GONE = "01a20185-0c7e-7317-930b-00000000bbbb";
const readDevice = vi.hoisted(() => vi.fn());

vi.mock("@/api", async (original) => ({
  ...(await original<typeof import("@/api")>()),
  devicesReadDevice: readDevice,
  deviceGroupsListGroups: async () => ({ data: [] }),
  organizationsGetOrganization: async () => ({ data: { currency: "EUR" } }),
  placesListSites: async () => ({ data: { items: [] } }),
}));

function show(data: Record<string, unknown>, permissions: string[]): void {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Infinity } } });
  queries.setQueryData(["me"], { permissions, grants: {} });
  readDevice.mockImplementation(async ({ path }: { path: { device_id: string } }) => {
    if (path.device_id === HERE) return { data: { name: "Left 01" } };
    throw new Error("There is no such device.");
  });
  const event = { id: "1", type: "station:updated", subject_id: "2", subject_label: "4", actor_label: "Ada", ip: "", request_id: "r", created_at: "2026-11-21T10:00:00Z", data } as unknown as EventOut;
  render(<QueryClientProvider client={queries}><MantineProvider env="test"><EventPanel event={event} set={() => undefined} /></MantineProvider></QueryClientProvider>);
}

afterEach(() => {
  cleanup();
  readDevice.mockReset();
});

it("calls a device by its name", async () => {
  show({ changes: { device_id: HERE } }, ["fleet.device.view"]);
  expect(await screen.findByText("Left 01")).toBeDefined();
  expect(readDevice).toHaveBeenCalledTimes(1);
});

it("shows the end of the id of a device that is gone", async () => {
  show({ device_id: GONE }, ["fleet.device.view"]);
  expect(await screen.findByText("…0000bbbb")).toBeDefined();
  expect(screen.queryByText(GONE)).toBeNull();
});

it("asks for none on behalf of somebody who may see no device", async () => {
  show({ resource_kind: "device", resource_id: HERE }, []);
  expect(await screen.findByText("…0000aaaa")).toBeDefined();
  expect(readDevice).not.toHaveBeenCalled();
});
