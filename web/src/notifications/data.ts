/** Mails from the server, kept true by the live topic. */

import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { mailsCounts, mailsDeliver, mailsList, mailsServer, type MailOut, type MailStatus } from "@/api";
import { idempotencyKey } from "@/client/configure";
import { useLive } from "@/realtime/hooks";

export interface Filters {
  status?: MailStatus[];
  q?: string;
}

export const useMails = ({ status, q }: Filters) =>
  useInfiniteQuery({
    queryKey: ["mails", "list", status ?? [], q ?? ""],
    queryFn: async ({ pageParam }) => (await mailsList({ query: { status, q, after: pageParam }, throwOnError: true })).data,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

export const useMailCounts = () => useQuery({ queryKey: ["mails", "counts"], queryFn: async () => (await mailsCounts({ throwOnError: true })).data });

export const useMailServer = () => useQuery({ queryKey: ["mails", "server"], queryFn: async () => (await mailsServer({ throwOnError: true })).data });

/** Reads all mails of the page again; also whenever one of them moves. */
export function useLiveMails(): () => void {
  const queries = useQueryClient();
  const reload = () => void queries.invalidateQueries({ queryKey: ["mails"] });
  useLive(["mails"], reload, reload);
  return reload;
}

export async function sendAgain(mail: Pick<MailOut, "id">): Promise<void> {
  await mailsDeliver({ path: { mail_id: mail.id }, headers: { "idempotency-key": idempotencyKey() }, throwOnError: true });
}
