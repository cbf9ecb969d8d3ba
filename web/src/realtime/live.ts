/** The one socket of a tab: shared by all pages, resumed without a gap, honest about its age. */

import { organization } from "@/client/organization";
import { fresh, onSession, refresh } from "@/client/session";
import * as frames from "./frames";
import type { Frame } from "./frames";

export type Health = { state: "live" | "connecting" | "behind" | "offline"; newest: number; behind: number; why: string };
type Listener = { topics: readonly string[]; frame: (frame: Frame) => void; snapshot: () => void };

const FIRST_DELAY = 300;
const LONGEST_DELAY = 15_000;
const SILENCE = 25_000;
/** What the socket says of itself; no page hears it. */
/** Before the topic in the `ref` of what is asked for without loading anything anew. */
const QUIETLY = "quietly ";
const CONTROL: ReadonlySet<string> = new Set([frames.TICK, frames.SUBSCRIBED, frames.UNSUBSCRIBED, frames.SNAPSHOT_NEEDED]);

export class Live {
  private socket: WebSocket | null = null;
  private ready = false;
  private since: string | null = null;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private again: ReturnType<typeof setTimeout> | undefined;
  /** The refs of what was too much for this minute. */
  private readonly refused = new Set<string>();
  private readonly listeners = new Set<Listener>();
  private readonly watchers = new Set<() => void>();
  private stopped = true;
  health: Health = { state: "connecting", newest: Date.now(), behind: 0, why: "" };

  constructor(private readonly open: () => WebSocket = () => new WebSocket(address())) {
    onSession((session) => {
      if (session && this.ready) this.authenticate(session.token);
      if (!session) this.stop();
    });
  }

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    void this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.since = null;
    clearTimeout(this.timer);
    this.forget();
    this.socket?.close();
    this.socket = null;
    this.ready = false;
  }

  /** Hear `topics` until the returned function is called; `snapshot` when what was missed must be loaded again. */
  listen(topics: readonly string[], frame: (frame: Frame) => void, snapshot: () => void): () => void {
    const listener = { topics, frame, snapshot };
    const before = this.topics();
    this.listeners.add(listener);
    const added = topics.filter((topic) => !before.has(topic));
    if (this.ready) {
      for (const topic of added) this.subscribe(topic);
      // Somebody listens already, for whom this page's facts were nobody's business.
      if (added.length < topics.length) snapshot();
    }
    return () => {
      this.listeners.delete(listener);
      const left = this.topics();
      const gone = topics.filter((topic) => !left.has(topic));
      if (this.ready && gone.length > 0) this.send(frames.UNSUBSCRIBE, { topics: gone });
    };
  }

  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  send(event: string, data: Record<string, unknown>, ref?: string): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify({ event, data, ref }));
    return true;
  }

  /** From now on, and once for everything before: the answer carries the topic back. */
  private subscribe(topic: string): void {
    this.send(frames.SUBSCRIBE, { topics: [topic] }, topic);
  }

  /** Go on with a topic: nothing is loaded when the answer comes. */
  private resume(topic: string, since?: string): void {
    this.send(frames.SUBSCRIBE, since ? { topics: [topic], since } : { topics: [topic] }, QUIETLY + topic);
  }

  private authenticate(token: string): void {
    this.send(frames.AUTHENTICATE, this.credentials(token), frames.AUTHENTICATE);
  }

  /** Too much was asked for in this minute: what was refused, and no more, is asked for once again. */
  private later(ref: string, seconds: number): void {
    this.refused.add(ref);
    clearTimeout(this.again);
    this.again = setTimeout(() => {
      const refs = [...this.refused];
      this.refused.clear();
      const topics = this.topics();
      for (const one of refs) {
        // What happened since may have passed a resumed topic by: it is loaded anew as well.
        const topic = one.startsWith(QUIETLY) ? one.slice(QUIETLY.length) : one;
        if (topics.has(topic)) this.subscribe(topic);
        else if (one === frames.AUTHENTICATE) void fresh().then((session) => session && this.ready && this.authenticate(session.token), () => undefined);
      }
    }, seconds * 1000);
  }

  /** Nothing that belongs to a socket outlives it. */
  private forget(): void {
    clearTimeout(this.watchdog);
    clearTimeout(this.again);
    this.refused.clear();
  }

  private topics(): Set<string> {
    return new Set([...this.listeners].flatMap((listener) => listener.topics));
  }

  private async connect(): Promise<void> {
    this.tell({ state: this.attempt === 0 ? "connecting" : "offline" });
    let token: string | undefined;
    try {
      token = (await fresh())?.token;
    } catch {
      return this.retry("The server does not answer.");
    }
    if (!token || this.stopped) return;
    const socket = this.open();
    this.socket = socket;
    socket.onopen = () => this.authenticate(token);
    socket.onmessage = (message) => this.receive(JSON.parse(String(message.data)) as Frame);
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.ready = false;
      this.socket = null;
      this.forget();
      if (this.stopped) return;
      if (frames.FINAL.has(event.code)) void this.renew();
      else this.retry(event.reason || "The connection was lost.");
    };
  }

  /** The server no longer knows us: perhaps only the token is old. */
  private async renew(): Promise<void> {
    try {
      if (await refresh()) this.retry("Signing in again.");
    } catch {
      this.retry("The server does not answer.");
    }
  }

  private retry(why: string): void {
    this.tell({ state: "offline", why });
    const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.attempt);
    this.attempt += 1;
    clearTimeout(this.timer);
    // Full jitter: a thousand browsers must not come back in the same instant.
    this.timer = setTimeout(() => void this.connect(), Math.random() * longest);
  }

  private receive(frame: Frame): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.socket?.close(), SILENCE);
    if (frame.event === frames.AUTHENTICATED) {
      if (this.ready) return;
      this.ready = true;
      this.attempt = 0;
      const topics = [...this.topics()];
      // One by one: a topic that is refused meanwhile must not take the others with it.
      const { since } = this;
      for (const topic of topics) {
        if (since) this.resume(topic, since);
        else this.subscribe(topic);
      }
      this.tell({ state: "live", newest: Date.now(), behind: 0, why: "" });
      return;
    }
    // What was refused or lost may be open now; of what is listened to already the server only learns again.
    if (frame.event === frames.ACCESS_CHANGED) for (const topic of this.topics()) this.resume(topic);
    if (frame.event === frames.ERROR && frame.data.code === frames.TOO_MANY_REQUESTS && frame.ref) this.later(frame.ref, Number(frame.data.retry_after ?? 1));
    if (frame.event === frames.SNAPSHOT_NEEDED) for (const listener of this.listeners) listener.snapshot();
    // What a page loaded before the server listened for it, or kept from an earlier visit, may be old already.
    if (frame.event === frames.SUBSCRIBED && frame.ref) {
      for (const listener of this.listeners) if (listener.topics.includes(frame.ref)) listener.snapshot();
    }
    // A bookmark only counts before the first fact; later ones belong to topics added on the way.
    if (frame.id && (frame.event !== frames.SUBSCRIBED || !this.since)) this.since = frame.id;
    const behind = frame.event === frames.TICK ? Number(frame.data.behind_seconds ?? 0) : this.health.behind;
    this.tell({ state: behind > 3 ? "behind" : "live", newest: Date.now(), behind, why: behind > 3 ? "The server is catching up." : "" });
    if (!CONTROL.has(frame.event)) for (const listener of this.listeners) listener.frame(frame);
  }

  private credentials(token: string): Record<string, unknown> {
    const chosen = organization();
    return chosen ? { token, organization: chosen } : { token };
  }

  private tell(change: Partial<Health>): void {
    this.health = { ...this.health, ...change };
    for (const watcher of this.watchers) watcher();
  }
}

function address(): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
}

export const live = new Live();
