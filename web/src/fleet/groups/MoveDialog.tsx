/** Many devices into one group: says first what it will touch, and how far it came. */

import { Button, Modal, Progress, Select } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { devicesEditDevice } from "@/api";
import { useAct } from "@/client/act";
import { ErrorLine } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { fleet as t } from "../texts";
import { useGroups } from "./data";

export function MoveDialog({ picked, onClose, onMoved }: { picked: readonly string[]; onClose: () => void; onMoved: () => void }) {
  const groups = useGroups();
  const queries = useQueryClient();
  const act = useAct();
  const [group, setGroup] = useState<string | null>(null);
  const [moved, setMoved] = useState(0);
  const to = groups.data?.find((one) => one.id === group);
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    const done = await act.run(async () => {
      // From where it stopped: a second press after an error does not begin again.
      for (const [at, device_id] of picked.entries()) {
        if (at < moved) continue;
        await devicesEditDevice({ path: { device_id }, body: { group_id: group }, throwOnError: true });
        setMoved(at + 1);
      }
    });
    await queries.invalidateQueries({ queryKey: ["devices"] });
    await queries.invalidateQueries({ queryKey: ["groups"] });
    if (!done) return;
    tell(t.moved(picked.length, to?.path ?? t.noGroup));
    onMoved();
  };
  return (
    <Modal opened onClose={onClose} title={t.moveTitle}>
      <form className="stack" style={{ gap: "var(--s4)" }} onSubmit={(event) => void submit(event)}>
        <Select label={t.group} placeholder={t.noGroup} clearable searchable data-autofocus value={group} onChange={setGroup} data={(groups.data ?? []).map((one) => ({ value: one.id, label: one.path }))} />
        <p>{t.movePreview(picked.length, to?.path ?? t.noGroup)}</p>
        {act.busy ? <Progress value={(100 * moved) / picked.length} aria-label={t.moveTitle} /> : null}
        <ErrorLine error={act.error} />
        <div className="row"><Button type="submit" variant="filled" loading={act.busy}>{t.move}</Button><Button variant="subtle" onClick={onClose}>{t.cancel}</Button></div>
      </form>
    </Modal>
  );
}
