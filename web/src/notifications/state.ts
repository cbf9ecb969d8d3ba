/** How a mail looks, and what is to be expected of it. */

import type { MailOut, MailStatus } from "@/api";
import type { State } from "@/ui/glyphs";
import { notifications as t } from "./texts";

export const LAMPS: Record<MailStatus, State> = { waiting: "pending", sent: "ok", failed: "crashed", not_configured: "fault" };

/** What sending it once more is called: of those that wait nobody gave up. */
export function sending(mails: readonly Pick<MailOut, "status">[]): "now" | "again" {
  return mails.length > 0 && mails.every((mail) => mail.status === "waiting") ? "now" : "again";
}

/** What will happen to a mail by itself, and what will not, as a sentence. */
export function outlook(mail: Pick<MailOut, "status" | "error" | "can_be_sent_again">): string {
  if (mail.status === "waiting") return mail.error ? t.next.delayed : mail.can_be_sent_again ? t.next.overdue : t.next.waiting;
  if (mail.status === "sent") return t.next.sent;
  return mail.can_be_sent_again ? t.next[mail.status] : t.next.gone;
}
