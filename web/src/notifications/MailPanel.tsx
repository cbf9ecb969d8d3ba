/** One mail: where it is, why it did not go out, and sending it again or now. */

import { Button } from "@mantine/core";
import type { MailOut } from "@/api";
import { useAct } from "@/client/act";
import { useMay } from "@/client/me";
import { useCommands } from "@/shell/commands";
import { StateLamp } from "@/ui/glyphs";
import { Key } from "@/ui/Key";
import { Facts, Section } from "@/ui/Page";
import { ErrorLine } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { When } from "@/ui/When";
import { sendAgain } from "./data";
import { LAMPS, outlook, sending } from "./state";
import { notifications as t } from "./texts";

export function MailPanel({ mail, reload }: { mail: MailOut; reload: () => void }) {
  const may = useMay();
  const act = useAct();
  const can = mail.can_be_sent_again && may("kernel.mail.send");
  const again = () =>
    act.run(async () => {
      await sendAgain(mail);
      reload();
      tell(t.queued(mail.recipient));
    });
  const label = t[sending([mail])];
  useCommands(can ? [{ id: "mail again", label, keys: "r", group: t.title, hint: mail.recipient, run: () => void again() }] : []);
  return (
    <>
      <Section>
        <h2 style={{ overflowWrap: "anywhere" }}>{mail.subject}</h2>
        <StateLamp state={LAMPS[mail.status]} word={t.states[mail.status]} />
        <p className="dim">{outlook(mail)}</p>
        {can ? <Button variant="filled" loading={act.busy} onClick={() => void again()} rightSection={<Key keys="r" />}>{label}</Button> : null}
        <ErrorLine error={act.error} />
      </Section>
      {mail.error ? <Section title={t.why}><p style={{ overflowWrap: "anywhere" }}>{mail.error}</p></Section> : null}
      <Section title={t.facts}>
        <Facts
          rows={[
            [t.head.recipient, mail.recipient],
            [t.written, <When key="w" time={mail.created_at} />],
            [t.sentAt, mail.sent_at ? <When key="s" time={mail.sent_at} /> : t.never],
            [t.attempts, mail.attempts],
          ]}
        />
      </Section>
    </>
  );
}
