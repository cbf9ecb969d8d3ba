/** The tree of groups: make, rename, move, delete. */

import { Button, Modal, Select, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { deviceGroupsDeleteGroup, deviceGroupsEditGroup, deviceGroupsMakeGroup, type GroupOut } from "@/api";
import { useAct } from "@/client/act";
import { useDraft } from "@/ui/draft";
import { Elsewhere, Empty, ErrorLine, ErrorState, Loading } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { blank, fleet as t } from "../texts";
import { groupsRead, parentsFor, useGroups, type Branch } from "./data";
import "./groups.css";

const NEW: GroupOut = { id: "", name: "", description: "", parent_id: null, version: 0 };

export function GroupsDialog({ onClose }: { onClose: () => void }) {
  const groups = useGroups();
  const queries = useQueryClient();
  const act = useAct();
  const [open, setOpen] = useState<GroupOut | null>(null);
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
        {groups.data && branches.length === 0 && !open ? <Empty title={t.noGroups}>{t.noGroupsDetail}</Empty> : null}
        {branches.length > 0 ? (
          <ul className="groups">
            {branches.map((group) => (
              <li key={group.id} className="group-row" style={{ paddingLeft: `calc(${group.depth} * var(--s5))` }}>
                <span className="grow cut strong" title={group.path}>{group.name}</span>
                <span className="dim nowrap">{t.groupDevices(group.devices)}</span>
                <Button variant="subtle" size="compact-sm" onClick={() => setOpen(group)} aria-label={t.groupEdit(group.name)}>{t.edit}</Button>
                <Button variant="subtle" size="compact-sm" loading={act.busy} onClick={() => void remove(group)} aria-label={t.groupRemove(group.name)}>{t.remove}</Button>
              </li>
            ))}
          </ul>
        ) : null}
        <ErrorLine error={act.error} />
        {open ? <GroupForm key={open.id} group={branches.find((one) => one.id === open.id) ?? open} branches={branches} onDone={async () => { await done(); setOpen(null); }} onCancel={() => setOpen(null)} /> : (
          <div><Button variant="filled" onClick={() => setOpen(NEW)}>{t.groupNew}</Button></div>
        )}
      </div>
    </Modal>
  );
}

function draftOf(group: GroupOut) {
  return { name: group.name, parent: group.parent_id };
}

function bodyOf({ name, parent }: ReturnType<typeof draftOf>) {
  return { name: name.trim(), parent_id: parent };
}

function GroupForm({ group, branches, onDone, onCancel }: { group: GroupOut; branches: readonly Branch[]; onDone: () => Promise<void>; onCancel: () => void }) {
  const act = useAct();
  const queries = useQueryClient();
  const { draft, theirs, set, save } = useDraft(group, draftOf, bodyOf);
  const keep = async () => {
    const body = bodyOf(draft);
    if (group.id === NEW.id) await deviceGroupsMakeGroup({ body, throwOnError: true });
    else {
      const sent = await save(
        (headers) => deviceGroupsEditGroup({ path: { group_id: group.id }, body, headers, throwOnError: true }),
        async () => (await queries.fetchQuery({ ...groupsRead, staleTime: 0 })).find((one) => one.id === group.id),
      );
      if (!sent) return;
    }
    await onDone();
  };
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    void act.run(keep);
  };
  return (
    <form className="stack" style={{ gap: "var(--s3)" }} onSubmit={submit}>
      <TextInput label={t.groupName} required maxLength={100} data-autofocus autoFocus value={draft.name} error={blank(draft.name)} onChange={(event) => set({ name: event.currentTarget.value })} />
      <Select label={t.groupParent} placeholder={t.groupTop} clearable searchable value={draft.parent} onChange={(parent) => set({ parent })} data={parentsFor(branches, branches.find((one) => one.id === group.id)).map((one) => ({ value: one.id, label: one.path }))} />
      {theirs ? <Elsewhere what={t.thisGroup} facts={branches.find((one) => one.id === theirs.id)?.path ?? theirs.name} /> : null}
      <ErrorLine error={act.error} />
      <div className="row"><Button type="submit" variant="filled" loading={act.busy} disabled={!draft.name.trim()}>{t.save}</Button><Button variant="subtle" onClick={onCancel}>{t.cancel}</Button></div>
    </form>
  );
}
