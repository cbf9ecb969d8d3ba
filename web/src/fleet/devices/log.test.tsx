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

/** The view of a device whose log is followed until then, with the API's answers; and what the socket tells it. */
function open(answer: (request: Request) => Promise<Response>) {
  client.setConfig({ baseUrl: location.origin });
  begin({ access_token: "a", expires_in: 900 });
  vi.stubGlobal("fetch", answer);
  let hear: Parameters<typeof live.listen>[1] = () => undefined;
  vi.spyOn(live, "listen").mockImplementation((_topics, frame) => {
    hear = frame;
    return () => undefined;
  });
  const queries = new QueryClient();
  const page = (until: string | null) => (
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={queries}><LogView device={{ id: "d", log_until: until } as DeviceOut} /></QueryClientProvider>
    </MantineProvider>
  );
  const { rerender } = render(page(null));
  return {
    isFollowed: (until: string) => rerender(page(until)),
    tell: (lines: LogLineOut[], more = false) => act(() => hear({ event: "device:log", data: { device_id: "d", lines, more } } as never)),
  };
}

describe("following", () => {
  const soon = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
  const asked: string[] = [];

  function follow(until: string) {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
    asked.length = 0;
    return open(async (request) => {
      if (request.method === "PUT") asked.push(((await request.json()) as { level: string }).level);
      return Response.json(request.method === "PUT" ? { level: "info", until } : { items: [], next: null });
    });
  }
  const pass = (seconds: number) => act(async () => { await vi.advanceTimersByTimeAsync(seconds * 1000); });
  afterEach(() => vi.useRealTimers());

  it("goes on for as long as whoever asked for it looks at it", async () => {
    const { isFollowed } = follow(soon(300));
    fireEvent.click(await screen.findByRole("button", { name: t.follow }));
    await vi.waitFor(() => expect(asked).toEqual(["info"]));
    isFollowed(soon(300));
    await screen.findByRole("button", { name: t.unfollow });
    await pass(230);
    expect(asked).toEqual(["info"]);
    await pass(15);
    expect(asked.length).toBeGreaterThan(1);
    expect(new Set(asked)).toEqual(new Set(["info"]));
  });

  it("ends by itself when nobody looks, or somebody else asked for it", async () => {
    const { isFollowed } = follow(soon(300));
    isFollowed(soon(300));
    await screen.findByRole("button", { name: t.unfollow });
    await pass(310);
    expect(asked).toEqual([]);
    expect(screen.getByRole("button", { name: t.follow })).toBeDefined();
  });
});

it("keeps the first lines that come while an empty answer is on its way", async () => {
  let answer: (response: Response) => void = () => undefined;
  const { tell } = open(() => new Promise<Response>((resolve) => { answer = resolve; }));
  tell([line("1", "the first of all")]);
  await act(async () => answer(Response.json({ items: [], next: null })));
  expect(await screen.findByText("the first of all")).toBeDefined();
});

it("reads what a restart wrote and no frame had room for, without a line twice", async () => {
  let stored = [line("1", "before")];
  const { tell } = open(async () => Response.json({ items: stored.toReversed(), next: null }));
  await screen.findByText("before");
  tell([line("2", "beginning anew")]);
  tell([line("2", "beginning anew")]);
  expect(await screen.findAllByText("beginning anew")).toHaveLength(1);
  stored = [...stored, line("2", "beginning anew"), line("3", "left out"), line("4", "connected")];
  tell([line("4", "connected")], true);
  tell([line("5", "meanwhile")]);
  await screen.findByText("left out");
  const shown = screen.getByRole("log").querySelectorAll(".log-line > span:last-child");
  expect([...shown].map((each) => each.textContent)).toEqual(["before", "beginning anew", "left out", "connected", "meanwhile"]);
});
