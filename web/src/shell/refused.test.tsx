/** A page that one may not see says so, and asks the server for nothing of it. */

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { client } from "@/api/client.gen";
import { meQuery, type Me } from "@/client/me";
import { begin, leave } from "@/client/session";
import { live } from "@/realtime/live";
import { makeRouter } from "@/router";
import { t } from "@/texts";
import { ErrorState } from "@/ui/states";
import { refusedAt } from "./pages";

const asked = vi.fn();
const ME = {
  actor: { id: "u", kind: "user", label: "Sam" },
  grants: {},
  mfa_enabled: false,
  mfa_required: false,
  obstacle: null,
  organization_id: "o",
  organizations: [{ id: "o", name: "Lantern", demo: false }],
  permissions: ["fleet.device.view"],
  recovery_codes_left: 0,
  session_id: "s",
  user: { id: "u", name: "Sam", email: "sam@example.com" },
} as unknown as Me;

async function arrive(path: string): Promise<void> {
  client.setConfig({ baseUrl: location.origin });
  begin({ access_token: "a", expires_in: 900 });
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  queries.setQueryData(meQuery.queryKey, ME);
  const router = makeRouter(queries);
  router.update({ ...router.options, history: createMemoryHistory({ initialEntries: [path] }) } as never);
  render(<MantineProvider env="test"><QueryClientProvider client={queries}><RouterProvider router={router as never} /></QueryClientProvider></MantineProvider>);
}

beforeEach(() => {
  vi.spyOn(live, "start").mockImplementation(() => undefined);
  vi.stubGlobal("fetch", async (request: Request) => {
    asked(new URL(request.url, "http://localhost").pathname);
    return Response.json({ status: 403, code: "forbidden", detail: "You may not do this." }, { status: 403 });
  });
});
afterEach(() => {
  cleanup();
  leave();
  asked.mockReset();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("a page that one may not see", () => {
  it.each([
    ["/books", "venue.ledger.view"],
    ["/audit", "kernel.audit.read"],
    ["/jobs", "kernel.job.read"],
    ["/mails", "kernel.mail.read"],
    ["/people", "kernel.member.read"],
  ])("at %s names the permission %s, and where to go instead", async (path, permission) => {
    await arrive(path);
    await screen.findByText(t.error.refusedPage);
    expect(screen.getByText(permission)).toBeDefined();
    expect(screen.getAllByRole("link", { name: t.shell.go("Devices") })[0]?.getAttribute("href")).toBe("/devices");
    expect(screen.queryByRole("button", { name: t.error.again })).toBeNull();
    expect(asked.mock.calls).toEqual([]);
  });

  it("covers what lies below it, and leaves alone what has no place in the rail of its own", () => {
    const none = { permissions: [], grants: {} };
    expect(refusedAt("/devices/018f", none)?.to).toBe("/devices");
    expect(refusedAt("/devices/018f", { permissions: [], grants: { "fleet.device.view": ["018f"] } })).toBeUndefined();
    expect(refusedAt("/security", none)).toBeUndefined();
  });
});

it("tells of an address without a page inside the frame, with a way on", async () => {
  await arrive("/nowhere/at/all");
  await screen.findByText(t.error.notFound);
  expect(screen.getByRole("button", { name: new RegExp(t.shell.account) })).toBeDefined();
  expect(screen.getAllByRole("link", { name: t.shell.go("Devices") })[0]?.getAttribute("href")).toBe("/devices");
  expect(asked.mock.calls).toEqual([]);
});

describe("a part that the server refused", () => {
  const shown = (error: object) => render(<MantineProvider env="test"><ErrorState error={error} retry={() => undefined} /></MantineProvider>);

  it("names the permission, and does not offer to try again", () => {
    shown({ status: 403, code: "forbidden", detail: "You may not do this.", permission: "kernel.audit.read" });
    expect(screen.getByRole("heading").textContent).toBe(t.error.refused);
    expect(screen.getByText("kernel.audit.read")).toBeDefined();
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("calls what is not there gone, not broken", () => {
    shown({ status: 404, code: "not_found", detail: "There is no such thing here." });
    expect(screen.getByRole("heading").textContent).toBe(t.error.gone);
    expect(screen.queryByRole("alert")).toBeNull();
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("offers to try again what may work then", () => {
    shown({ status: 503, code: "unavailable", detail: "Not now." });
    expect(screen.getByRole("button", { name: t.error.again })).toBeDefined();
  });
});
