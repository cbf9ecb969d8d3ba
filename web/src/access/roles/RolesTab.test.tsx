/** The headings between the permissions of a role. */

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { meQuery } from "@/client/me";
import { RolesTab } from "./RolesTab";

const VALUES = ["kernel.member.read", "fleet.device.view", "metrics.reading.read", "venue.station.view"];

vi.mock("@/api", async (original) => ({
  ...(await original<typeof import("@/api")>()),
  rolesListRoles: async () => ({ data: { items: [{ key: "owner", name: "Owner", builtin: true, permissions: VALUES, version: null }] } }),
  rolesListPermissions: async () => ({ data: { items: VALUES.map((value) => ({ value, meaning: `see ${value}`, roles: ["owner"] })) } }),
}));

afterEach(cleanup);

it("are words of people, not of the server", async () => {
  const queries = new QueryClient();
  queries.setQueryData(meQuery.queryKey, { permissions: ["kernel.role.read"], grants: {} } as never);
  render(<MantineProvider env="test"><QueryClientProvider client={queries}><RolesTab /></QueryClientProvider></MantineProvider>);
  expect((await screen.findAllByRole("group")).map((one) => one.querySelector("legend")?.textContent)).toEqual(["People and settings", "Machines", "Readings", "Venue"]);
});
