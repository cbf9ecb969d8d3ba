/** The sentence of what Enter will do is true of the seat as it is now, not as it was when it was typed. */

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import type { StationOut } from "@/api";
import { venue as t } from "../texts";
import { CommandLine } from "./CommandLine";

const quoted = vi.hoisted(() => vi.fn());
const start = vi.hoisted(() => vi.fn());

vi.mock("@/api", async (original) => ({ ...(await original<typeof import("@/api")>()), sessionsQuoted: quoted, sessionsStart: start }));

const FREE = { id: "1", site_id: "s", label: "1", state: "free", version: 1, out_of_order: null, session: null } as unknown as StationOut;
const OUT: StationOut = { ...FREE, state: "maintenance", version: 2, out_of_order: "Broken chair" };

afterEach(cleanup);

it("says that a seat went out of order after it was typed, and sells nothing", async () => {
  quoted.mockResolvedValueOnce({ data: { minutes: 60, amount: 450, currency: "EUR", ends_at: "2026-01-01T19:00:00Z", problem: null } });
  quoted.mockResolvedValue({ data: { minutes: 60, amount: 450, currency: "EUR", ends_at: "2026-01-01T19:00:00Z", problem: "Seat 1 is out of order: Broken chair" } });
  const person = userEvent.setup();
  const queries = new QueryClient();
  const line = (station: StationOut) => (
    <MantineProvider env="test"><QueryClientProvider client={queries}><CommandLine stations={[station]} onSelect={() => undefined} /></QueryClientProvider></MantineProvider>
  );
  const shown = render(line(FREE));
  const input = screen.getByLabelText(t.commandLine);
  await person.type(input, "1 ");
  await person.paste("60");
  await waitFor(() => expect(screen.getByRole("status").textContent).toContain("take €4.50 cash"));
  shown.rerender(line(OUT));
  expect(screen.getByRole("status").textContent).not.toContain("take");
  await screen.findByText("Seat 1 is out of order: Broken chair");
  await person.type(input, "{Enter}");
  expect(start).not.toHaveBeenCalled();
});
