/** A name of spaces alone is refused in the form, with the reason beside it. */

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { GroupsDialog } from "./groups/GroupsDialog";
import { fleet as t } from "./texts";

const make = vi.hoisted(() => vi.fn());

vi.mock("@/api", async (original) => ({
  ...(await original<typeof import("@/api")>()),
  deviceGroupsListGroups: async () => ({ data: [] }),
  deviceGroupsMakeGroup: make,
}));

afterEach(cleanup);

it("says that spaces are no name, and keeps what stands between them", async () => {
  const person = userEvent.setup();
  render(<MantineProvider env="test"><QueryClientProvider client={new QueryClient()}><GroupsDialog onClose={() => undefined} /></QueryClientProvider></MantineProvider>);
  const news = await screen.findAllByRole("button", { name: t.groupNew });
  await person.click(news[0] as HTMLElement);
  const name = screen.getByLabelText(t.groupName, { exact: false });
  await person.type(name, "   {Enter}");
  expect(screen.getByText(t.blankName)).toBeDefined();
  expect(name.getAttribute("aria-invalid")).toBe("true");
  expect(make.mock.calls).toEqual([]);
  await person.type(name, "Hall {Enter}");
  expect(screen.queryByText(t.blankName)).toBeNull();
  expect(make.mock.calls).toMatchObject([[{ body: { name: "Hall" } }]]);
});
