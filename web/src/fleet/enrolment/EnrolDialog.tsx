/** Enrolling a machine: a command to run there, good for one use, and the moment it arrives. */

import { Button, Checkbox, CopyButton, Modal, Radio, Select } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { enrolmentMakeClaimToken, type ClaimTokenMadeOut, type Mode } from "@/api";
import { useAct } from "@/client/act";
import { useSites } from "@/client/site";
import { useLive } from "@/realtime/hooks";
import { StateLamp } from "@/ui/glyphs";
import { ErrorLine } from "@/ui/states";
import { fleet as t } from "../texts";
import "./enrol.css";

export function EnrolDialog({ onClose }: { onClose: () => void }) {
  const [mode, setMode] = useState<Mode>("control");
  const [manual, setManual] = useState(false);
  const [site, setSite] = useState<string | null>(null);
  const [made, setMade] = useState<ClaimTokenMadeOut | null>(null);
  const sites = useSites();
  const act = useAct();
  const chosen = site ?? (sites.data?.length === 1 ? (sites.data[0]?.id ?? null) : null);
  const make = () =>
    act.run(async () => {
      const body = { approval: manual ? ("manual" as const) : ("automatic" as const), site_id: chosen };
      setMade((await enrolmentMakeClaimToken({ body, throwOnError: true })).data);
    });
  return (
    <Modal opened onClose={onClose} title={t.enrolTitle} size={640}>
      {made ? (
        <Command token={made.token} mode={mode} onClose={onClose} />
      ) : (
        <div className="stack" style={{ gap: "var(--s4)" }}>
          <Radio.Group label={t.enrolMode} value={mode} onChange={(value) => setMode(value as Mode)}>
            <div className="stack" style={{ marginTop: "var(--s2)" }}>
              {(["observe", "control", "kiosk"] as const).map((one) => <Radio key={one} value={one} label={t.modes[one]} description={t.modeMeaning[one]} />)}
            </div>
          </Radio.Group>
          {sites.data && sites.data.length > 1 ? <Select label={t.enrolSite} data={sites.data.map((one) => ({ value: one.id, label: one.name }))} value={chosen} onChange={setSite} clearable /> : null}
          <Checkbox label={t.enrolApproval} checked={manual} onChange={(event) => setManual(event.currentTarget.checked)} />
          <ErrorLine error={act.error} />
          <div><Button variant="filled" loading={act.busy} data-autofocus onClick={() => void make()}>{t.enrolMake}</Button></div>
        </div>
      )}
    </Modal>
  );
}

function Command({ token, mode, onClose }: { token: string; mode: Mode; onClose: () => void }) {
  const [arrived, setArrived] = useState<{ id: string; name: string } | null>(null);
  const navigate = useNavigate();
  useLive(
    ["devices"],
    (frame) => {
      if (frame.event === "device:enrolled" && !arrived) setArrived({ id: String(frame.data.subject_id), name: String(frame.data.subject_label) });
    },
    () => undefined,
  );
  const lines = [
    [t.enrolInstall, "python3 -m venv /opt/gamekeeper-agent && /opt/gamekeeper-agent/bin/pip install gamekeeper-agent"],
    [t.enrolRun, `/opt/gamekeeper-agent/bin/gamekeeper-agent enrol --server ${location.origin} --mode ${mode} --token ${token}`],
    [t.enrolStart, "/opt/gamekeeper-agent/bin/gamekeeper-agent run"],
  ] as const;
  return (
    <div className="stack" style={{ gap: "var(--s4)" }}>
      <p className="dim">{t.enrolHow}</p>
      {lines.map(([title, line]) => (
        <div key={title} className="stack">
          <span className="label">{title}</span>
          <div className="command">
            <code className="grow">{line}</code>
            <CopyButton value={line}>{({ copied, copy }) => <Button size="compact-sm" onClick={copy}>{copied ? t.copied : t.copy}</Button>}</CopyButton>
          </div>
        </div>
      ))}
      <div className="row between" role="status" aria-live="polite">
        {arrived ? <StateLamp state="ok" word={t.enrolArrived(arrived.name)} /> : <StateLamp state="pending" word={t.enrolWaiting} />}
        {arrived ? (
          <Button variant="filled" onClick={() => { onClose(); void navigate({ to: "/devices", search: { device: arrived.id } as never }); }}>{t.open}</Button>
        ) : null}
      </div>
    </div>
  );
}
