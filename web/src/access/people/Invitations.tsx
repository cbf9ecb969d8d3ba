/** Open and past invitations. */

import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { invitationsListInvitations, invitationsRevoke, invitationsSendAgain, type InvitationOut } from "@/api";
import { useAct } from "@/client/act";
import { idempotencyKey } from "@/client/configure";
import { useMay } from "@/client/me";
import { useLive } from "@/realtime/hooks";
import { StateLamp, type State } from "@/ui/glyphs";
import { Empty, ErrorLine, ErrorState, Loading } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { When } from "@/ui/When";
import { access as t } from "../texts";

const LAMPS: Record<string, State> = { open: "pending", accepted: "ok", revoked: "stopped", expired: "stopped" };

export function Invitations({ onInvite }: { onInvite: () => void }) {
  const queries = useQueryClient();
  const list = useQuery({ queryKey: ["invitations"], queryFn: async () => (await invitationsListInvitations({ query: { limit: 200 }, throwOnError: true })).data.items });
  const act = useAct();
  const may = useMay();
  const seesMails = may("kernel.mail.read");
  const reload = () => void queries.invalidateQueries({ queryKey: ["invitations"] });
  // Whether the mail went out is known only after the invitation is here.
  useLive(seesMails ? ["mails"] : [], reload, reload);
  const done = () => queries.invalidateQueries({ queryKey: ["invitations"] });
  const again = (one: InvitationOut) =>
    act.run(async () => {
      const { data } = await invitationsSendAgain({ path: { invitation_id: one.id }, headers: { "idempotency-key": idempotencyKey() }, throwOnError: true });
      await navigator.clipboard?.writeText(data.link).catch(() => undefined);
      await done();
      tell(t.sentAgain);
    });
  const revoke = (one: InvitationOut) =>
    act.run(async () => {
      await invitationsRevoke({ path: { invitation_id: one.id }, throwOnError: true });
      await done();
    });
  if (list.error) return <ErrorState error={list.error} retry={() => void list.refetch()} />;
  if (!list.data) return <Loading rows={4} />;
  if (list.data.length === 0) return <Empty title={t.noInvitations} act={<Button variant="filled" onClick={onInvite}>{t.invite}</Button>}>{t.noInvitationsDetail}</Empty>;
  return (
    <div className="column" style={{ padding: "0 var(--s4)" }}>
      <ErrorLine error={act.error} />
      <ul className="lines">
        {list.data.map((one) => (
          <li key={one.id}>
            <div className="stack" style={{ gap: 2 }}>
              <span className="strong cut">{one.email}</span>
              <span className="dim cut">{one.roles.join(", ")} · {one.invited_by} · <When time={one.sent_at} /></span>
            </div>
            <div className="row">
              <StateLamp state={LAMPS[one.state] ?? "free"} word={t.invitationStates[one.state] ?? one.state} />
              {one.state === "accepted" || one.state === "revoked" ? null : (
                <>
                  <UnsentMail invitation={one} />
                  <Button onClick={() => void again(one)}>{t.again}</Button>
                  <Button variant="subtle" onClick={() => void revoke(one)}>{t.revokeInvitation}</Button>
                </>
              )}
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** That the mail with the link did not go out, and where to read why. */
function UnsentMail({ invitation }: { invitation: InvitationOut }) {
  const may = useMay();
  if (invitation.mail !== "failed" && invitation.mail !== "not_configured") return null;
  const lamp = <StateLamp state="fault" word={t.unsent} />;
  if (!may("kernel.mail.read")) return lamp;
  return <Link to="/mails" search={{ q: invitation.email, mail: invitation.mail_id ?? undefined } as never}>{lamp}</Link>;
}
