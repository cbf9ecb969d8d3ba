/** English texts of outgoing mail. */

import type { MailStatus } from "@/api";

const states: Record<MailStatus, string> = { waiting: "Waiting", sent: "Sent", failed: "Failed", not_configured: "No mail server" };

export const notifications = {
  title: "Mails",
  keywords: ["e-mail", "email", "messages", "outbox", "SMTP", "notifications", "bounced"],
  search: "Address or subject",
  state: "State",
  states,
  head: { recipient: "To", state: "State", subject: "Subject", attempts: "Tries", why: "Why not", when: "When" },
  none: "No mails yet",
  noneDetail: "Invitations and links for a new password go out by mail. What became of each stands here for a month.",
  noMatch: "No mail fits these filters",
  noMatchDetail: "Take a filter away, or search for something else.",
  clearFilters: "Clear the filters",
  again: "Send again",
  now: "Send now",
  againMany: (count: number) => `Send ${count} again`,
  nowMany: (count: number) => `Send ${count} now`,
  mail: "mail",
  queued: (recipient: string) => `The mail to ${recipient} is on its way.`,
  queuedMany: (count: number) => `${count === 1 ? "1 mail is" : `${count} mails are`} on the way.`,
  why: "Why it did not go out",
  facts: "Facts",
  written: "Written",
  sentAt: "Sent",
  attempts: "Tries",
  never: "not yet",
  /** What will happen to it by itself, and what will not. */
  next: {
    waiting: "It goes out in a moment.",
    delayed: "It is tried again by itself, later and later. Once the reason is gone, it need not wait: send it now.",
    overdue: "It should have gone out long ago. Send it now. If it stays, whoever runs this Gamekeeper finds the reason in its log.",
    sent: "The mail server took it. Its text is not kept.",
    failed: "It is not tried again by itself. Once the reason is gone, send it again.",
    not_configured: "It stays here until a mail server is set up. Then send it again.",
    gone: "It cannot be sent any more: what it said holds no longer, or a newer mail took its place.",
  },
  server: {
    up: (address: string, tls: boolean, sender: string) => `Mail goes out through ${address}${tls ? " over TLS" : ""}, from ${sender}.`,
    down: "No mail server is set up, so no mail goes out. What should have gone out stays here and can be sent later.",
    how: (url: string, from: string, example: string) => `Whoever runs this Gamekeeper sets ${url}, such as ${example}, and with ${from} whom mail comes from, and starts it again.`,
    unknown: "Whether a mail server is set up could not be found out.",
  },
};

/** The settings of the server that the band names; docs/reference/settings.md has them all. */
export const SETTINGS = { url: "GAMEKEEPER_SMTP_URL", from: "GAMEKEEPER_MAIL_FROM", example: "smtps://user:password@mail.example.org:465" };
