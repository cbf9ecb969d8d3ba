/** What the enrolment dialog asks for, and what it says about an address that no other machine reaches. */

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fleet as t } from "../texts";
import { EnrolDialog } from "./EnrolDialog";
import { isLoopback } from "./reach";

const GROUP = { id: "018f0000-0000-7000-8000-000000000001", name: "Row A", parent_id: null, devices: 0 };

const make = vi.hoisted(() => vi.fn());

vi.mock("@/api", async (original) => ({
  ...(await original<typeof import("@/api")>()),
  enrolmentMakeClaimToken: make,
  deviceGroupsListGroups: async () => ({ data: [GROUP] }),
  placesListSites: async () => ({ data: { items: [] } }),
}));

function open(server: string | null): void {
  make.mockResolvedValue({ data: { id: "1", token: "gkc_x", server } });
  const root = createRootRoute({ component: () => <EnrolDialog onClose={() => undefined} /> });
  const router = createRouter({ routeTree: root, history: createMemoryHistory() });
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={new QueryClient()}><RouterProvider router={router as never} /></QueryClientProvider>
    </MantineProvider>,
  );
}

afterEach(() => {
  cleanup();
  make.mockReset();
});

describe("enrolling", () => {
  it("asks for the group and the lifetime that were chosen", async () => {
    const person = userEvent.setup();
    open("https://play.example.org");
    await person.click(await screen.findByRole("combobox", { name: t.group }));
    await person.click(await screen.findByRole("option", { name: "Row A" }));
    await person.click(screen.getByRole("combobox", { name: t.enrolLife }));
    await person.click(await screen.findByRole("option", { name: "7 days" }));
    await person.click(screen.getByRole("button", { name: t.enrolMake }));
    await screen.findByText(t.enrolHow("7 days"));
    expect(make.mock.calls).toMatchObject([[{ body: { group_id: GROUP.id, expires_in: 604_800 } }]]);
    expect(screen.getByText(/--server https:\/\/play\.example\.org /)).toBeDefined();
    expect(screen.queryByText(/GAMEKEEPER_PUBLIC_URL/)).toBeNull();
  });

  it("is good for an hour otherwise, and says when no other machine reaches the address", async () => {
    const person = userEvent.setup();
    open(null);
    await person.click(await screen.findByRole("button", { name: t.enrolMake }));
    await screen.findByText(t.enrolHow("1 hour"));
    expect(make.mock.calls).toMatchObject([[{ body: { group_id: null, expires_in: 3600 } }]]);
    expect(screen.getByText(t.enrolLoopback("localhost"))).toBeDefined();
  });

  it.each([
    ["http://127.0.0.1:8470", true],
    ["http://localhost:8470", true],
    ["http://[::1]:8470", true],
    ["https://play.example.org", false],
    ["http://192.168.1.5:8470", false],
    ["https://localhost.example.org", false],
  ])("knows that %s reaches this machine only: %s", (address, only) => expect(isLoopback(address)).toBe(only));
});
