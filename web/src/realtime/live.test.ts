import { expect, test, vi } from "vitest";
import { Live } from "./live";

vi.mock("@/client/organization", () => ({ organization: () => null }));
vi.mock("@/client/session", () => ({ fresh: async () => ({ token: "t" }), refresh: async () => null, onSession: () => undefined }));

class Server {
  readyState: number = WebSocket.OPEN;
  sent: { event: string; data: Record<string, unknown> }[] = [];
  onopen: () => void = () => undefined;
  onmessage: (message: { data: string }) => void = () => undefined;
  onclose: () => void = () => undefined;
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

test("each topic is asked for by itself, so that a refused one takes no other with it", async () => {
  const server = new Server();
  const live = new Live(() => server as unknown as WebSocket);
  live.listen(["device:1", "device-log:1"], () => undefined, () => undefined);
  live.start();
  await vi.waitFor(() => expect(live.health.state).toBe("connecting"));
  await vi.waitFor(() => {
    server.onopen();
    expect(server.sent[0]?.event).toBe("authenticate");
  });
  server.say({ event: "authenticated", data: {} });
  live.listen(["jobs", "mails"], () => undefined, () => undefined);
  const asked = server.sent.filter((frame) => frame.event === "subscribe").map((frame) => frame.data.topics);
  expect(asked).toEqual([["device:1"], ["device-log:1"], ["jobs"], ["mails"]]);
  live.stop();
});
