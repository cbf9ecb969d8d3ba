/** Of a device's page, only what one may see is there and asked for; why a button does nothing is reachable by the keyboard. */

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { client } from "@/api/client.gen";
import { meQuery } from "@/client/me";
import { begin, leave } from "@/client/session";
import { theme } from "@/theme/theme";
import { fleet as t } from "../texts";
import { whereabouts } from "./data";
import { DevicePage } from "./DevicePage";

const DEVICE = { id: "d", name: "Seat 1", hostname: "seat-1", location: "", mode: "observe", status: "online", connection: "online", approval: "approved", tags: [], capabilities: { actions: ["restart"], screen: false }, machine: { cpu_model: "Ryzen 5", cpu_count: 12, memory_bytes: 17_179_869_184, kernel: null }, certificate: null, log_until: null, notes: "", reason: "", last_seen: null, since: null, temperature: null };
const asked = vi.fn();

function arrive(...permissions: string[]): void {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  queries.setQueryData(meQuery.queryKey, { permissions, grants: {} } as never);
  const root = createRootRoute();
  const page = createRoute({ getParentRoute: () => root, path: "/devices/$id", component: DevicePage });
  const router = createRouter({ routeTree: root.addChildren([page]), history: createMemoryHistory({ initialEntries: ["/devices/d"] }) });
  render(<MantineProvider theme={theme} env="test"><QueryClientProvider client={queries}><RouterProvider router={router as never} /></QueryClientProvider></MantineProvider>);
}

beforeEach(() => {
  client.setConfig({ baseUrl: location.origin });
  begin({ access_token: "a", expires_in: 900 });
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname } = new URL(request.url, "http://localhost");
    asked(pathname.replace("/api/v1/", ""));
    return Response.json(pathname.endsWith("/d") ? DEVICE : { items: [] });
  });
});
afterEach(() => {
  cleanup();
  leave();
  asked.mockReset();
  vi.unstubAllGlobals();
});

it("asks for nothing that is known to be refused", async () => {
  arrive("fleet.device.view");
  await screen.findByText(t.noCommands);
  expect(asked.mock.calls.flat().toSorted()).toEqual(["devices/d", "devices/d/commands"]);
  for (const part of [t.history, t.log]) expect(screen.queryByText(part)).toBeNull();
  expect(screen.queryByRole("button", { name: t.wholeHistory })).toBeNull();
  expect(screen.queryByRole("button", { name: t.actions.restart })).toBeNull();
});

it("names what a machine tells of itself, and its host only where that says more than its name", async () => {
  arrive("fleet.device.view");
  await screen.findByText(t.noCommands);
  for (const [name, value] of [["Processor", "Ryzen 5"], ["Threads", "12"], ["Memory", "17.2 GB"]] as const) {
    expect(screen.getAllByText(name).at(-1)?.nextElementSibling?.textContent).toBe(value);
  }
  expect(whereabouts({ name: "Seat 1", hostname: "seat-1", location: "Row A" })).toBe("seat-1 · Row A");
  expect(whereabouts({ name: "seat-1", hostname: "seat-1", location: "" })).toBe("");
});

it("shows each part to whoever may see it", async () => {
  arrive("fleet.device.view", "kernel.audit.read", "fleet.device.inspect");
  await screen.findByRole("button", { name: t.wholeHistory });
  expect(screen.getByText(t.log)).toBeDefined();
  expect(screen.getByRole("button", { name: t.actions.screenshot })).toBeDefined();
  expect(screen.queryByRole("button", { name: t.actions.restart })).toBeNull();
  expect(asked.mock.calls.flat()).toEqual(expect.arrayContaining(["devices/d/logs", "events"]));
});

it("tells by the keyboard, too, why a button does nothing", async () => {
  arrive("fleet.device.view", "fleet.device.inspect");
  const button = await screen.findByRole("button", { name: t.actions.screenshot });
  expect(screen.queryByRole("tooltip")).toBeNull();
  while (document.activeElement !== button) await userEvent.tab();
  expect((await screen.findByRole("tooltip")).textContent).toBe(t.noScreen);
  expect(button.getAttribute("aria-disabled")).toBe("true");
  await userEvent.keyboard("{Enter}");
  expect(asked.mock.calls.flat().filter((path) => path.endsWith("/actions"))).toEqual([]);
});
