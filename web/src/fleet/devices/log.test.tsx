/** The agent's log in the browser: lines as they come, and those that no frame had room for. */

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { DeviceOut, LogLineOut } from "@/api";
import { client } from "@/api/client.gen";
import { begin, leave } from "@/client/session";
import { live } from "@/realtime/live";
import { theme } from "@/theme/theme";
import { fleet as t } from "../texts";
import { LogView } from "./LogView";

const line = (id: string, message: string): LogLineOut => ({ id, at: "2026-11-22T04:00:00Z", received_at: "2026-11-22T04:00:00Z", level: "info", message });

afterEach(() => {
  cleanup();
  leave();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("following", () => {
  const soon = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
  const asked: string[] = [];

  function follow(until: string) {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
    client.setConfig({ baseUrl: location.origin });
    begin({ access_token: "a", expires_in: 900 });
    asked.length = 0;
    vi.stubGlobal("fetch", async (request: Request) => {
      if (request.method === "PUT") asked.push(((await request.json()) as { level: string }).level);
      return Response.json(request.method === "PUT" ? { level: "info", until } : { items: [], next: null });
    });
    vi.spyOn(live, "listen").mockImplementation(() => () => undefined);
    const page = (end: string | null) => (
      <MantineProvider theme={theme} env="test">
        <QueryClientProvider client={queries}><LogView device={{ id: "d", log_until: end } as DeviceOut} /></QueryClientProvider>
      </MantineProvider>
    );
    const queries = new QueryClient();
    return { page, shown: render(page(null)) };
  }
  const pass = (seconds: number) => act(async () => { await vi.advanceTimersByTimeAsync(seconds * 1000); });
  afterEach(() => vi.useRealTimers());

  it("goes on for as long as whoever asked for it looks at it", async () => {
    const { page, shown } = follow(soon(300));
    fireEvent.click(await screen.findByRole("button", { name: t.follow }));
    await vi.waitFor(() => expect(asked).toEqual(["info"]));
    shown.rerender(page(soon(300)));
    await screen.findByRole("button", { name: t.unfollow });
    await pass(230);
    expect(asked).toEqual(["info"]);
    await pass(15);
    expect(asked.length).toBeGreaterThan(1);
    expect(new Set(asked)).toEqual(new Set(["info"]));
  });

  it("ends by itself when nobody looks, or somebody else asked for it", async () => {
    const { page, shown } = follow(soon(300));
    shown.rerender(page(soon(300)));
    await screen.findByRole("button", { name: t.unfollow });
    await pass(310);
    expect(asked).toEqual([]);
    expect(screen.getByRole("button", { name: t.follow })).toBeDefined();
  });
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
