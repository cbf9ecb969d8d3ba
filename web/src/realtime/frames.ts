/** The names of the socket's frames, as the server has them in kernel/realtime/frames.py. */

export interface Frame {
  event: string;
  data: Record<string, unknown>;
  id?: string;
  at?: string;
  ref?: string;
  actor?: { kind: string; id: string | null; label: string };
}

export const AUTHENTICATE = "authenticate";
export const AUTHENTICATED = "authenticated";
export const SUBSCRIBE = "subscribe";
export const SUBSCRIBED = "subscribed";
export const UNSUBSCRIBE = "unsubscribe";
export const UNSUBSCRIBED = "unsubscribed";
export const SNAPSHOT_NEEDED = "snapshot-needed";
export const ACCESS_CHANGED = "access-changed";
export const TICK = "tick";
export const ERROR = "error";

/** The code of an error frame that says when to ask again. */
export const TOO_MANY_REQUESTS = "too_many_requests";

/** Close codes after which connecting again would not help. */
export const FINAL = new Set([4401, 4403]);
