/** The agent's log in the browser: lines as they come, and those that no frame had room for. */

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { DeviceOut, LogLineOut } from "@/api";
import { client } from "@/api/client.gen";
import { begin, leave } from "@/client/session";
import { live } from "@/realtime/live";
import { theme } from "@/theme/theme";
import { LogView } from "./LogView";

const line = (id: string, message: string): LogLineOut => ({ id, at: "2026-11-22T04:00:00Z", received_at: "2026-11-22T04:00:00Z", level: "info", message });

afterEach(() => {
  cleanup();
  leave();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it("keeps the first lines that come while an empty answer is on its way", async () => {
  let answer: (response: Response) => void = () => undefined;
  client.setConfig({ baseUrl: location.origin });
  begin({ access_token: "a", expires_in: 900 });
  vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => { answer = resolve; }));
  let hear: Parameters<typeof live.listen>[1] = () => undefined;
  vi.spyOn(live, "listen").mockImplementation((_topics, frame) => {
    hear = frame;
    return () => undefined;
  });
  render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={new QueryClient()}><LogView device={{ id: "d", log_until: null } as DeviceOut} /></QueryClientProvider>
    </MantineProvider>,
  );
  await act(() => hear({ event: "device:log", data: { device_id: "d", lines: [line("1", "the first of all")] } } as never));
  await act(async () => answer(Response.json({ items: [], next: null })));
  expect(await screen.findByText("the first of all")).toBeDefined();
});

it("reads what a restart wrote and no frame had room for, without a line twice", async () => {
  let stored = [line("1", "before")];
  client.setConfig({ baseUrl: location.origin });
  begin({ access_token: "a", expires_in: 900 });
  vi.stubGlobal("fetch", async () => Response.json({ items: stored.toReversed(), next: null }));
  let hear: Parameters<typeof live.listen>[1] = () => undefined;
  vi.spyOn(live, "listen").mockImplementation((_topics, frame) => {
    hear = frame;
    return () => undefined;
  });
  render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={new QueryClient()}><LogView device={{ id: "d", log_until: null } as DeviceOut} /></QueryClientProvider>
    </MantineProvider>,
  );
  await screen.findByText("before");
  const told = (lines: LogLineOut[], more: boolean) => act(() => hear({ event: "device:log", data: { device_id: "d", lines, more } } as never));
  told([line("2", "beginning anew")], false);
  told([line("2", "beginning anew")], false);
  expect(await screen.findAllByText("beginning anew")).toHaveLength(1);
  stored = [...stored, line("2", "beginning anew"), line("3", "left out"), line("4", "connected")];
  told([line("4", "connected")], true);
  told([line("5", "meanwhile")], false);
  await screen.findByText("left out");
  const shown = screen.getByRole("log").querySelectorAll(".log-line > span:last-child");
  expect([...shown].map((each) => each.textContent)).toEqual(["before", "beginning anew", "left out", "connected", "meanwhile"]);
});
