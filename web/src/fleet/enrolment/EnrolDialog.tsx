/** Enrolling a machine: what it may be asked, where it belongs, and for how long the command is good. */

import { Button, Checkbox, Modal, Radio, Select } from "@mantine/core";
import { useState } from "react";
import { enrolmentMakeClaimToken, type ClaimTokenMadeOut, type Mode } from "@/api";
import { useAct } from "@/client/act";
import { useSites } from "@/client/site";
import { ErrorLine } from "@/ui/states";
import { useGroups } from "../groups/data";
import { fleet as t } from "../texts";
import { EnrolCommand } from "./EnrolCommand";
import { LIVES, type Life } from "./reach";

export function EnrolDialog({ onClose }: { onClose: () => void }) {
  const [mode, setMode] = useState<Mode>("control");
  const [manual, setManual] = useState(false);
  const [site, setSite] = useState<string | null>(null);
  const [group, setGroup] = useState<string | null>(null);
  const [life, setLife] = useState<Life>("hour");
  const [made, setMade] = useState<ClaimTokenMadeOut | null>(null);
  const sites = useSites();
  const groups = useGroups();
  const act = useAct();
  const chosen = site ?? (sites.data?.length === 1 ? (sites.data[0]?.id ?? null) : null);
  const make = () =>
    act.run(async () => {
      const body = { approval: manual ? ("manual" as const) : ("automatic" as const), site_id: chosen, group_id: group, expires_in: LIVES[life] };
      setMade((await enrolmentMakeClaimToken({ body, throwOnError: true })).data);
    });
  return (
    <Modal opened onClose={onClose} title={t.enrolTitle} size={640}>
      {made ? (
        <EnrolCommand made={made} life={life} mode={mode} />
      ) : (
        <div className="stack" style={{ gap: "var(--s4)" }}>
          <Radio.Group label={t.enrolMode} value={mode} onChange={(value) => setMode(value as Mode)}>
            <div className="stack" style={{ marginTop: "var(--s2)" }}>
              {(["observe", "control", "kiosk"] as const).map((one) => <Radio key={one} value={one} label={t.modes[one]} description={t.modeMeaning[one]} />)}
            </div>
          </Radio.Group>
          {sites.data && sites.data.length > 1 ? <Select label={t.enrolSite} data={sites.data.map((one) => ({ value: one.id, label: one.name }))} value={chosen} onChange={setSite} clearable /> : null}
          {groups.data?.length ? <Select label={t.group} placeholder={t.noGroup} clearable searchable data={groups.data.map((one) => ({ value: one.id, label: one.path }))} value={group} onChange={setGroup} /> : null}
          <Select label={t.enrolLife} allowDeselect={false} data={(Object.keys(LIVES) as Life[]).map((one) => ({ value: one, label: t.enrolLives[one] }))} value={life} onChange={(value) => setLife(value as Life)} />
          <Checkbox label={t.enrolApproval} checked={manual} onChange={(event) => setManual(event.currentTarget.checked)} />
          <ErrorLine error={act.error} />
          <div><Button variant="filled" loading={act.busy} data-autofocus onClick={() => void make()}>{t.enrolMake}</Button></div>
        </div>
      )}
    </Modal>
  );
}
