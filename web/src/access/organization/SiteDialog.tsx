/** A site's name and its clock. */

import { Button, Modal, Select, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { placesUpdateSite, type SiteOut } from "@/api";
import { useAct } from "@/client/act";
import { sitesRead } from "@/client/site";
import { useDraft } from "@/ui/draft";
import { Elsewhere, ErrorLine } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { access as t } from "../texts";
import { zonesWith } from "./zones";

function draftOf({ name, time_zone }: SiteOut) {
  return { name, time_zone };
}

function bodyOf({ name, time_zone }: ReturnType<typeof draftOf>) {
  return { name: name.trim(), time_zone };
}

export function SiteDialog({ site, onClose }: { site: SiteOut; onClose: () => void }) {
  const queries = useQueryClient();
  const act = useAct();
  const { draft, theirs, set, save } = useDraft(site, draftOf, bodyOf);
  const keep = async () => {
    const sent = await save(
      (headers) => placesUpdateSite({ path: { site_id: site.id }, body: bodyOf(draft), headers, throwOnError: true }),
      async () => (await queries.fetchQuery({ ...sitesRead, staleTime: 0 })).find((one) => one.id === site.id),
    );
    if (!sent) return;
    await queries.invalidateQueries({ queryKey: ["sites"] });
    tell(t.saved);
    onClose();
  };
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    void act.run(keep);
  };
  return (
    <Modal opened onClose={onClose} title={site.name}>
      <form className="stack" style={{ gap: "var(--s3)" }} onSubmit={submit}>
        <TextInput label={t.name} required maxLength={100} data-autofocus value={draft.name} onChange={(event) => set({ name: event.currentTarget.value })} />
        <Select label={t.timeZone} searchable allowDeselect={false} data={zonesWith(draft.time_zone)} value={draft.time_zone} onChange={(zone) => set({ time_zone: zone ?? draft.time_zone })} />
        {theirs ? <Elsewhere what={t.thisSite} facts={`${theirs.name}, ${theirs.time_zone}`} /> : null}
        <ErrorLine error={act.error} />
        <div className="row"><Button type="submit" variant="filled" loading={act.busy}>{t.save}</Button><Button variant="subtle" onClick={onClose}>{t.cancel}</Button></div>
      </form>
    </Modal>
  );
}
