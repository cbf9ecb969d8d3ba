/** Which site's clock times are told by. */

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, renderHook, waitFor } from "@testing-library/react";
import type { PropsWithChildren } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { tellTimesOf, zoneOf } from "@/ui/zone";
import { chooseSite, useSiteTimes } from "./site";

const TOKYO = { id: "1", name: "Shibuya", time_zone: "Asia/Tokyo" };
const LISBON = { id: "2", name: "Baixa", time_zone: "Europe/Lisbon" };
const list = vi.hoisted(() => vi.fn());

vi.mock("@/api", async (original) => ({ ...(await original<typeof import("@/api")>()), placesListSites: list }));

function look(...items: object[]): void {
  list.mockResolvedValue({ data: { items } });
  const queries = new QueryClient();
  renderHook(useSiteTimes, { wrapper: ({ children }: PropsWithChildren) => <QueryClientProvider client={queries}>{children}</QueryClientProvider> });
}

beforeEach(() => chooseSite(null));
afterEach(() => {
  cleanup();
  tellTimesOf(undefined, new Map());
});

it("is the only site's", async () => {
  look(TOKYO);
  await waitFor(() => expect(zoneOf()).toBe("Asia/Tokyo"));
});

it("is that of the site that is chosen among several", async () => {
  look(TOKYO, LISBON);
  await waitFor(() => expect(zoneOf("1")).toBe("Asia/Tokyo"));
  expect(zoneOf()).toBeUndefined();
  act(() => chooseSite("2"));
  expect(zoneOf()).toBe("Europe/Lisbon");
  act(() => chooseSite(null));
  expect(zoneOf()).toBeUndefined();
});
