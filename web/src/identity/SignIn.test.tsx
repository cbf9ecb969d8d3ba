/** What the sign-in page says to somebody who was sent to it. */

import { MantineProvider } from "@mantine/core";
import { QueryClient } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { begin, end, leave } from "@/client/session";
import { makeRouter } from "@/router";
import { t } from "@/texts";

async function arrive(): Promise<void> {
  const router = makeRouter(new QueryClient());
  router.update({ ...router.options, history: createMemoryHistory({ initialEntries: ["/devices"] }) } as never);
  render(<MantineProvider><RouterProvider router={router as never} /></MantineProvider>);
  await screen.findByLabelText(t.signIn.email, { exact: false });
}

beforeEach(() => {
  localStorage.clear();
  // Nobody is signed in: the cookie, if there was one, is not taken any more.
  vi.stubGlobal("fetch", async () => new Response("{}", { status: 401 }));
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it("does not tell a stranger that they were signed out", async () => {
  await arrive();
  expect(screen.queryByText(t.signIn.expired)).toBeNull();
});

it("tells somebody who was signed in", async () => {
  begin({ access_token: "a", expires_in: 900 });
  end();
  await arrive();
  expect(screen.queryByText(t.signIn.expired)).not.toBeNull();
});

it("does not tell somebody who left", async () => {
  begin({ access_token: "a", expires_in: 900 });
  leave();
  await arrive();
  expect(screen.queryByText(t.signIn.expired)).toBeNull();
});
