/** What a seat tells of its past goes on with it: a session that ended is not forgotten when the seat is free again. */

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { StationOut } from "@/api";
import { Past } from "./Past";

const list = vi.hoisted(() => vi.fn());

vi.mock("@/api", async (original) => ({ ...(await original<typeof import("@/api")>()), stationsListEvents: list }));

const FREE = { id: "1", site_id: "s", state: "free", version: 1, session: null } as unknown as StationOut;
const BUSY = { ...FREE, state: "busy", session: { id: "2", paid: 450, ends_at: "2026-01-01T19:00:00Z" } } as unknown as StationOut;

function happened(...types: string[]): void {
  const items = types.map((type) => ({ id: type, type, data: {}, created_at: "2026-01-01T18:00:00Z", actor_label: "Ada" }));
  list.mockResolvedValueOnce({ data: { items } });
}

afterEach(cleanup);

it("reads again when the seat is as it was before", async () => {
  // As in the app, where what was just read is not read again.
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: 60_000 } } });
  const past = (station: StationOut) => <QueryClientProvider client={queries}><Past station={station} /></QueryClientProvider>;
  happened("station:added");
  const shown = render(past(FREE));
  await screen.findByText("Seat added");
  happened("session:started", "station:added");
  shown.rerender(past(BUSY));
  await screen.findByText("Session started");
  happened("session:ended", "session:started", "station:added");
  shown.rerender(past(FREE));
  await screen.findByText("Session ended");
  expect(screen.getByText("Session started")).toBeTruthy();
});
