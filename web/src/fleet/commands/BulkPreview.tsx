/** What an act would touch and at which pace, before it is done. */

import { Button, Modal } from "@mantine/core";
import { useState } from "react";
import { commandsActOnMany, type Action, type BulkActionOut } from "@/api";
import { useAct } from "@/client/act";
import { idempotencyKey } from "@/client/configure";
import { ErrorLine } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { fleet as t } from "../texts";
import { Pace } from "./Pace";
import { allowed, spread, type Interval } from "./stagger";
import { commands } from "./texts";

const NAMED = 12;
const REASONS = 5;

interface Props {
  action: Action;
  deviceIds: readonly string[];
  seen: BulkActionOut;
  onClose: () => void;
  onDone: () => void;
}

export function BulkPreview({ action, deviceIds, seen, onClose, onDone }: Props) {
  const act = useAct();
  // What is asked for at another pace is another request.
  const [asked, setAsked] = useState<{ interval: Interval; key: string }>(() => ({ interval: null, key: idempotencyKey() }));
  const go = () =>
    act.run(async () => {
      const body = { action, device_ids: [...deviceIds], preview: false, stagger_seconds: spread(seen.total, asked.interval) };
      const { data } = await commandsActOnMany({ body, headers: { "idempotency-key": asked.key }, throwOnError: true });
      tell(commands.done(data.total, data.last_after_seconds));
      onDone();
    });
  return (
    <Modal opened onClose={onClose} title={t.bulkDo(t.actions[action])}>
      <div className="stack" style={{ gap: "var(--s4)" }}>
        <p>{commands.preview(seen.online, seen.offline, seen.refusing, asked.interval !== null)}</p>
        {seen.names.length > 0 ? <p className="dim">{seen.names.slice(0, NAMED).join(", ")}{seen.total > NAMED ? " …" : ""}</p> : null}
        {seen.refusals.slice(0, REASONS).map((refusal) => <p key={refusal.reason} className="note is-ending">{refusal.devices}: {refusal.reason}</p>)}
        <Pace devices={seen.total} interval={asked.interval} onChange={(interval) => setAsked({ interval, key: idempotencyKey() })} />
        <ErrorLine error={act.error} />
        <div className="row">
          <Button variant="filled" loading={act.busy} disabled={seen.total === 0 || !allowed(seen.total, asked.interval)} onClick={() => void go()}>{t.actions[action]}</Button>
          <Button variant="subtle" onClick={onClose}>{t.cancel}</Button>
        </div>
      </div>
    </Modal>
  );
}
