/** The list of one's sign-ins while another one begins elsewhere. */

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { meQuery } from "@/client/me";
import { t } from "@/texts";
import { SecurityPage } from "./SecurityPage";

const list = vi.hoisted(() => vi.fn());

vi.mock("@/api", async (original) => ({ ...(await original<typeof import("@/api")>()), meListSessions: list }));

const session = (device: string, current: boolean) => ({ id: device, device, ip: "203.0.113.7", last_used_at: "2026-11-21T12:00:00Z", second_factor: false, current });
const button = () => screen.getByRole("button", { name: t.security.endAll }) as HTMLButtonElement;

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

it("gets it without a reload, and can end it", async () => {
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: 30_000 } } });
  queries.setQueryData(meQuery.queryKey, { user: { id: "u", name: "Sam", email: "sam@example.com" }, mfa_enabled: false, mfa_required: false, recovery_codes_left: 0 } as never);
  list.mockResolvedValue({ data: { items: [session("This browser", true)] } });
  render(<MantineProvider env="test"><QueryClientProvider client={queries}><SecurityPage /></QueryClientProvider></MantineProvider>);
  await act(() => vi.advanceTimersByTimeAsync(100));
  expect(button().disabled).toBe(true);
  list.mockResolvedValue({ data: { items: [session("This browser", true), session("A phone", false)] } });
  await act(() => vi.advanceTimersByTimeAsync(11_000));
  expect(screen.getByText("A phone")).toBeDefined();
  expect(button().disabled).toBe(false);
});
