/** The tree of groups: make, rename, move, delete. */

import { Button, Modal, Select, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { deviceGroupsDeleteGroup, deviceGroupsEditGroup, deviceGroupsMakeGroup } from "@/api";
import { useAct } from "@/client/act";
import { Empty, ErrorLine, ErrorState, Loading } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { fleet as t } from "../texts";
import { parentsFor, useGroups, type Branch } from "./data";

type Draft = { group?: Branch; name: string; parent: string | null };

export function GroupsDialog({ onClose }: { onClose: () => void }) {
  const groups = useGroups();
  const queries = useQueryClient();
  const act = useAct();
  const [draft, setDraft] = useState<Draft | null>(null);
  const done = async () => {
    await queries.invalidateQueries({ queryKey: ["groups"] });
    await queries.invalidateQueries({ queryKey: ["devices"] });
  };
  const remove = (group: Branch) =>
    act.run(async () => {
      await deviceGroupsDeleteGroup({ path: { group_id: group.id }, throwOnError: true });
      await done();
      tell(t.groupRemoved(group.name));
    });
  const branches = groups.data ?? [];
  return (
    <Modal opened onClose={onClose} title={t.groups} size="lg">
      <div className="stack" style={{ gap: "var(--s4)" }}>
        <p className="dim">{t.groupsDetail}</p>
        {groups.error ? <ErrorState error={groups.error} retry={() => void groups.refetch()} /> : null}
        {groups.isPending ? <Loading rows={3} /> : null}
        {groups.data && branches.length === 0 && !draft ? <Empty title={t.noGroups}>{t.noGroupsDetail}</Empty> : null}
        {branches.length > 0 ? (
          <ul className="groups">
            {branches.map((group) => (
              <li key={group.id} className="group-row" style={{ paddingLeft: `calc(${group.depth} * var(--s5))` }}>
                <span className="grow cut strong" title={group.path}>{group.name}</span>
                <span className="dim nowrap">{t.groupDevices(group.devices)}</span>
                <Button variant="subtle" size="compact-sm" onClick={() => setDraft({ group, name: group.name, parent: group.parent_id })} aria-label={t.groupEdit(group.name)}>{t.edit}</Button>
                <Button variant="subtle" size="compact-sm" loading={act.busy} onClick={() => void remove(group)} aria-label={t.groupRemove(group.name)}>{t.remove}</Button>
              </li>
            ))}
          </ul>
        ) : null}
        <ErrorLine error={act.error} />
        {draft ? <GroupForm key={draft.group?.id ?? "new"} draft={draft} branches={branches} onDone={async () => { await done(); setDraft(null); }} onCancel={() => setDraft(null)} /> : (
          <div><Button variant="filled" onClick={() => setDraft({ name: "", parent: null })}>{t.groupNew}</Button></div>
        )}
      </div>
    </Modal>
  );
}

function GroupForm({ draft, branches, onDone, onCancel }: { draft: Draft; branches: readonly Branch[]; onDone: () => Promise<void>; onCancel: () => void }) {
  const act = useAct();
  const [name, setName] = useState(draft.name);
  const [parent, setParent] = useState(draft.parent);
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    await act.run(async () => {
      const body = { name, parent_id: parent };
      if (draft.group) await deviceGroupsEditGroup({ path: { group_id: draft.group.id }, body, throwOnError: true });
      else await deviceGroupsMakeGroup({ body, throwOnError: true });
      await onDone();
    });
  };
  return (
    <form className="stack" style={{ gap: "var(--s3)" }} onSubmit={(event) => void submit(event)}>
      <TextInput label={t.groupName} required maxLength={100} data-autofocus autoFocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <Select label={t.groupParent} placeholder={t.groupTop} clearable searchable value={parent} onChange={setParent} data={parentsFor(branches, draft.group).map((one) => ({ value: one.id, label: one.path }))} />
      <ErrorLine error={act.error} />
      <div className="row"><Button type="submit" variant="filled" loading={act.busy}>{t.save}</Button><Button variant="subtle" onClick={onCancel}>{t.cancel}</Button></div>
    </form>
  );
}
