/** Inviting somebody: by e-mail, with the link at hand in case no mail goes out. */

import { Button, CopyButton, Modal, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { invitationsInvite, type InvitationSentOut } from "@/api";
import { useAct } from "@/client/act";
import { idempotencyKey } from "@/client/configure";
import { ErrorLine } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { access as t } from "../texts";
import { RoleFields, type Roles } from "./RoleFields";

export function InviteDialog({ onClose }: { onClose: () => void }) {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [roles, setRoles] = useState<Roles>({ roles: ["staff"], sites: null });
  const [sent, setSent] = useState<InvitationSentOut | null>(null);
  const [key] = useState(idempotencyKey);
  const act = useAct();
  const queries = useQueryClient();
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    void act.run(async () => {
      const { data } = await invitationsInvite({ body: { email, name, ...roles }, headers: { "idempotency-key": key }, throwOnError: true });
      setSent(data);
      tell(t.sent(email));
      await queries.invalidateQueries({ queryKey: ["invitations"] });
    });
  };
  return (
    <Modal opened onClose={onClose} title={t.inviteTitle}>
      {sent ? (
        <div className="stack" style={{ gap: "var(--s4)" }}>
          <p>{sent.mailed ? t.link : t.linkOnly}</p>
          <code className="mono" style={{ overflowWrap: "anywhere" }}>{sent.link}</code>
          <div><CopyButton value={sent.link}>{({ copied, copy }) => <Button variant="filled" data-autofocus onClick={copy}>{copied ? t.copied : t.copy}</Button>}</CopyButton></div>
        </div>
      ) : (
        <form className="stack" style={{ gap: "var(--s3)" }} onSubmit={submit}>
          <TextInput label={t.email} type="email" required data-autofocus value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
          <TextInput label={t.name} maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <RoleFields value={roles} onChange={setRoles} />
          <ErrorLine error={act.error} />
          <div><Button type="submit" variant="filled" loading={act.busy} disabled={roles.roles.length === 0}>{t.send}</Button></div>
        </form>
      )}
    </Modal>
  );
}
