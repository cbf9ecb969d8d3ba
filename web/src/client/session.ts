/** Who is signed in. The access token lives here, in memory only; the refresh token is a cookie no script can read. */

const KEPT = "gamekeeper.signed-in";

export interface Session {
  token: string;
  /** When the token ends, in milliseconds since the epoch. */
  expiresAt: number;
}

type Listener = (session: Session | null) => void;

let current: Session | null = null;
let refreshing: Promise<Session | null> | null = null;
const listeners = new Set<Listener>();

export function session(): Session | null {
  return current;
}

export function onSession(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function begin(answer: { access_token: string; expires_in: number }): Session {
  current = { token: answer.access_token, expiresAt: Date.now() + answer.expires_in * 1000 };
  localStorage.setItem(KEPT, "yes");
  for (const listener of listeners) listener(current);
  return current;
}

/** Whether somebody was signed in here last, and did not leave of their own will. */
export function wasSignedIn(): boolean {
  return localStorage.getItem(KEPT) !== null;
}

/** Sign out because the person wants to: nobody is told afterwards that it happened. */
export function leave(): void {
  localStorage.removeItem(KEPT);
  end();
}

export function end(): void {
  current = null;
  for (const listener of listeners) listener(null);
}

/** A token that holds for at least half a minute, or null when nobody is signed in. */
export async function fresh(): Promise<Session | null> {
  if (current && current.expiresAt - Date.now() > 30_000) return current;
  return refresh();
}

/** Swap the cookie for a new token. Many callers at once share one request: a refresh token is good for one use. */
export function refresh(): Promise<Session | null> {
  refreshing ??= swap().finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function swap(): Promise<Session | null> {
  // Other tabs share the cookie, so they take turns.
  const answer = await locked(() => fetch("/api/v1/auth/refresh", { method: "POST", credentials: "same-origin" }));
  if (answer.ok) return begin(await answer.json());
  if (answer.status === 401 || answer.status === 403) {
    end();
    return null;
  }
  throw new Unreachable(answer.status);
}

/** The server could not say whether we are still signed in, so we still are. */
export class Unreachable extends Error {
  constructor(readonly status: number) {
    super(`refresh answered ${status}`);
  }
}

function locked<T>(act: () => Promise<T>): Promise<T> {
  return "locks" in navigator ? navigator.locks.request("gamekeeper-refresh", act) : act();
}
