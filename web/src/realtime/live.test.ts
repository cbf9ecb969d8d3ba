import { expect, test, vi } from "vitest";
import { Live } from "./live";

vi.mock("@/client/organization", () => ({ organization: () => null }));
vi.mock("@/client/session", () => ({ fresh: async () => ({ token: "t" }), refresh: async () => null, onSession: () => undefined }));

class Server {
  readyState: number = WebSocket.OPEN;
  sent: { event: string; data: Record<string, unknown>; ref?: string }[] = [];
  onopen: () => void = () => undefined;
  onmessage: (message: { data: string }) => void = () => undefined;
  onclose: (event: { code: number; reason: string }) => void = () => undefined;
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.readyState = WebSocket.CLOSED;
  }
  say(frame: object): void {
    this.onmessage({ data: JSON.stringify(frame) });
  }
}

async function signedIn(live: Live, server: Server): Promise<void> {
  live.start();
  await vi.waitFor(() => expect(live.health.state).toBe("connecting"));
  await vi.waitFor(() => {
    server.onopen();
    expect(server.sent[0]?.event).toBe("authenticate");
  });
  server.say({ event: "authenticated", data: {} });
}

test("each topic is asked for by itself, so that a refused one takes no other with it", async () => {
  const server = new Server();
  const live = new Live(() => server as unknown as WebSocket);
  live.listen(["device:1", "device-log:1"], () => undefined, () => undefined);
  await signedIn(live, server);
  live.listen(["jobs", "mails"], () => undefined, () => undefined);
  const asked = server.sent.filter((frame) => frame.event === "subscribe").map((frame) => frame.data.topics);
  expect(asked).toEqual([["device:1"], ["device-log:1"], ["jobs"], ["mails"]]);
  live.stop();
});

test("when access changes every topic is asked for again, since a refused one may be open now", async () => {
  const server = new Server();
  const live = new Live(() => server as unknown as WebSocket);
  const heard: string[] = [];
  live.listen(["devices", "stations"], () => undefined, () => undefined);
  live.listen([], (frame) => heard.push(frame.event), () => undefined);
  await signedIn(live, server);
  server.sent.length = 0;
  server.say({ event: "access-changed", data: {} });
  expect(server.sent.map((frame) => frame.data.topics)).toEqual([["devices"], ["stations"]]);
  expect(heard).toEqual(["access-changed"]);
  live.stop();
});

test("a page loads again once the server listens for it, and hears nothing of the socket itself", async () => {
  const server = new Server();
  const live = new Live(() => server as unknown as WebSocket);
  const heard: string[] = [];
  const loaded: string[] = [];
  live.listen(["jobs"], (frame) => heard.push(frame.event), () => loaded.push("jobs"));
  await signedIn(live, server);
  for (const { ref } of server.sent.filter((frame) => frame.event === "subscribe")) server.say({ event: "subscribed", data: {}, ref });
  expect(loaded).toEqual(["jobs"]);
  server.say({ event: "tick", data: { behind_seconds: 0 } });
  server.say({ event: "unsubscribed", data: {} });
  server.say({ event: "job:failed", data: {}, id: "1" });
  expect(heard).toEqual(["job:failed"]);
  live.listen(["jobs"], () => undefined, () => loaded.push("jobs, in another place"));
  expect(loaded).toEqual(["jobs", "jobs, in another place"]);
  live.stop();
});

const refuse = (server: Server, ref: string | undefined) => server.say({ event: "error", data: { code: "too_many_requests", retry_after: 0.01 }, ref });

test("what was refused because of its number, and no more, is asked for again when the server says so", async () => {
  const server = new Server();
  const live = new Live(() => server as unknown as WebSocket);
  live.listen(["jobs", "mails", "devices"], () => undefined, () => undefined);
  await signedIn(live, server);
  server.sent.length = 0;
  for (const ref of ["jobs", "mails", "gone meanwhile", undefined]) refuse(server, ref);
  await vi.waitFor(() => expect(server.sent.map((frame) => [frame.event, frame.ref])).toEqual([["subscribe", "jobs"], ["subscribe", "mails"]]));
  live.stop();
});

test("a topic that could not be resumed is loaded anew, since what came meanwhile has passed it by", async () => {
  const server = new Server();
  const live = new Live(() => server as unknown as WebSocket);
  const loaded: string[] = [];
  live.listen(["jobs"], () => undefined, () => loaded.push("jobs"));
  await signedIn(live, server);
  server.sent.length = 0;
  server.say({ event: "access-changed", data: {} });
  const ref = server.sent[0]?.ref;
  server.say({ event: "subscribed", data: {}, ref });
  expect(loaded).toEqual([]);
  server.sent.length = 0;
  refuse(server, ref);
  await vi.waitFor(() => expect(server.sent).toEqual([{ event: "subscribe", data: { topics: ["jobs"] }, ref: "jobs" }]));
  server.say({ event: "subscribed", data: {}, ref: "jobs" });
  expect(loaded).toEqual(["jobs"]);
  live.stop();
});

test("a newer token that was refused is said again, or the socket would end with the old one", async () => {
  const server = new Server();
  const live = new Live(() => server as unknown as WebSocket);
  await signedIn(live, server);
  server.sent.length = 0;
  refuse(server, "authenticate");
  await vi.waitFor(() => expect(server.sent).toEqual([{ event: "authenticate", data: { token: "t" }, ref: "authenticate" }]));
  live.stop();
});

test("nothing that was refused on a socket that has closed is asked for again on the next", async () => {
  const servers = [new Server(), new Server()] as const;
  let opened = 0;
  const live = new Live(() => servers[opened++] as unknown as WebSocket);
  vi.spyOn(Math, "random").mockReturnValue(0);
  live.listen(["jobs"], () => undefined, () => undefined);
  await signedIn(live, servers[0]);
  servers[0].say({ event: "error", data: { code: "too_many_requests", retry_after: 0.2 }, ref: "jobs" });
  servers[0].onclose({ code: 1006, reason: "" });
  await vi.waitFor(() => expect(opened).toBe(2));
  servers[1].say({ event: "authenticated", data: {} });
  await new Promise((wait) => setTimeout(wait, 400));
  expect(servers[1].sent.filter((frame) => frame.event === "subscribe")).toHaveLength(1);
  live.stop();
  vi.restoreAllMocks();
});
