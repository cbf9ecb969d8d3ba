/** One act for many devices: first what it would touch, then the act. */

import { Button, Modal } from "@mantine/core";
import { useState } from "react";
import { commandsActOnMany, type Action, type BulkActionOut } from "@/api";
import { useAct } from "@/client/act";
import { idempotencyKey } from "@/client/configure";
import { permitsSomewhere, useMe } from "@/client/me";
import { BulkBar } from "@/ui/BulkBar";
import { ErrorLine } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { MoveDialog } from "../groups/MoveDialog";
import { fleet as t } from "../texts";
import { ACTIONS } from "./actions";

interface Plan {
  action: Action;
  preview: BulkActionOut;
  key: string;
}

export function BulkActions({ picked, onClear }: { picked: ReadonlySet<string>; onClear: () => void }) {
  const me = useMe();
  const act = useAct();
  const [plan, setPlan] = useState<Plan | null>(null);
  const [moving, setMoving] = useState(false);
  if (picked.size === 0) return null;
  const ask = (action: Action) =>
    act.run(async () => {
      const body = { action, device_ids: [...picked], preview: true };
      const { data } = await commandsActOnMany({ body, throwOnError: true });
      setPlan({ action, preview: data, key: idempotencyKey() });
    });
  const go = (sure: Plan) =>
    act.run(async () => {
      const body = { action: sure.action, device_ids: [...picked], preview: false };
      const { data } = await commandsActOnMany({ body, headers: { "idempotency-key": sure.key }, throwOnError: true });
      tell(t.bulkDone(data.online + data.offline));
      setPlan(null);
      onClear();
    });
  return (
    <>
      <BulkBar count={picked.size} noun="device" onClear={onClear}>
        {permitsSomewhere(me, "fleet.device.command") ? ACTIONS.map((action) => <Button key={action} onClick={() => void ask(action)}>{t.actions[action]}</Button>) : null}
        {permitsSomewhere(me, "fleet.device.edit") ? <Button onClick={() => setMoving(true)}>{t.moveTitle}</Button> : null}
        {plan ? null : <ErrorLine error={act.error} />}
      </BulkBar>
      {moving ? <MoveDialog picked={[...picked]} onClose={() => setMoving(false)} onMoved={() => { setMoving(false); onClear(); }} /> : null}
      {plan ? (
        <Modal opened onClose={() => setPlan(null)} title={t.bulkDo(t.actions[plan.action])}>
          <div className="stack" style={{ gap: "var(--s4)" }}>
            <p>{t.bulkPreview(plan.preview.online, plan.preview.offline, plan.preview.refusing)}</p>
            <p className="dim">{plan.preview.names.slice(0, 12).join(", ")}{plan.preview.total > 12 ? " …" : ""}</p>
            {plan.preview.refusals.slice(0, 5).map((refusal) => <p key={refusal.reason} className="note is-ending">{refusal.devices}: {refusal.reason}</p>)}
            <ErrorLine error={act.error} />
            <div className="row">
              <Button variant="filled" loading={act.busy} disabled={plan.preview.online + plan.preview.offline === 0} onClick={() => void go(plan)}>{t.actions[plan.action]}</Button>
              <Button variant="subtle" onClick={() => setPlan(null)}>{t.cancel}</Button>
            </div>
          </div>
        </Modal>
      ) : null}
    </>
  );
}
