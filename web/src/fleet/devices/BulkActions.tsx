/** One act for many devices: first what it would touch, then the act. */

import { Button } from "@mantine/core";
import { useState } from "react";
import { commandsActOnMany, type Action, type BulkActionOut } from "@/api";
import { useAct } from "@/client/act";
import { permitsSomewhere, useMe } from "@/client/me";
import { BulkBar } from "@/ui/BulkBar";
import { ErrorLine } from "@/ui/states";
import { BulkPreview } from "../commands/BulkPreview";
import { MoveDialog } from "../groups/MoveDialog";
import { fleet as t } from "../texts";
import { ACTIONS, permissionFor } from "./actions";

interface Plan {
  action: Action;
  deviceIds: readonly string[];
  seen: BulkActionOut;
}

export function BulkActions({ picked, onClear }: { picked: ReadonlySet<string>; onClear: () => void }) {
  const me = useMe();
  const act = useAct();
  const [plan, setPlan] = useState<Plan | null>(null);
  const [moving, setMoving] = useState(false);
  if (picked.size === 0) return null;
  const ask = (action: Action) =>
    act.run(async () => {
      const deviceIds = [...picked];
      const { data } = await commandsActOnMany({ body: { action, device_ids: deviceIds, preview: true }, throwOnError: true });
      setPlan({ action, deviceIds, seen: data });
    });
  return (
    <>
      <BulkBar count={picked.size} noun="device" onClear={onClear}>
        {ACTIONS.filter((action) => permitsSomewhere(me, permissionFor(action))).map((action) => <Button key={action} onClick={() => void ask(action)}>{t.actions[action]}</Button>)}
        {permitsSomewhere(me, "fleet.device.edit") ? <Button onClick={() => setMoving(true)}>{t.moveTitle}</Button> : null}
        {plan ? null : <ErrorLine error={act.error} />}
      </BulkBar>
      {moving ? <MoveDialog picked={[...picked]} onClose={() => setMoving(false)} onMoved={() => { setMoving(false); onClear(); }} /> : null}
      {plan ? <BulkPreview {...plan} onClose={() => setPlan(null)} onDone={() => { setPlan(null); onClear(); }} /> : null}
    </>
  );
}
