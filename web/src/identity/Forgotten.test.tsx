/** What the page for a forgotten password promises, with a mail server and without. */

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { t } from "@/texts";
import { Forgotten } from "./Forgotten";

const show = vi.hoisted(() => vi.fn());

vi.mock("@/api", async (original) => ({ ...(await original<typeof import("@/api")>()), setupShow: show }));

function arrive(mail: boolean): void {
  show.mockResolvedValue({ data: { needed: false, mail } });
  const router = createRouter({ routeTree: createRootRoute({ component: Forgotten }), history: createMemoryHistory() });
  render(<MantineProvider env="test"><QueryClientProvider client={new QueryClient()}><RouterProvider router={router as never} /></QueryClientProvider></MantineProvider>);
}

afterEach(cleanup);

it("promises no link where no mail goes out, and names the command that makes one", async () => {
  arrive(false);
  await screen.findByText("gamekeeper password");
  expect(screen.getByRole("status").textContent).toContain(t.forgotten.noMail);
  expect(screen.queryByRole("button", { name: t.forgotten.submit })).toBeNull();
  expect(screen.queryByText(t.forgotten.intro)).toBeNull();
});

it("offers the link where mail goes out", async () => {
  arrive(true);
  await screen.findByRole("button", { name: t.forgotten.submit });
  expect(screen.getByText(t.forgotten.intro)).toBeDefined();
});
