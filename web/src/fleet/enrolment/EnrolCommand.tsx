/** What to run on the machine with a token that was just made, and the moment the machine arrives. */

import { Button, CopyButton } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { ClaimTokenMadeOut, Mode } from "@/api";
import { useLive } from "@/realtime/hooks";
import { StateLamp } from "@/ui/glyphs";
import { fleet as t } from "../texts";
import { isLoopback, type Life } from "./reach";
import "./enrol.css";

export function EnrolCommand({ made, life, mode }: { made: ClaimTokenMadeOut; life: Life; mode: Mode }) {
  const [arrived, setArrived] = useState<{ id: string; name: string } | null>(null);
  const navigate = useNavigate();
  useLive(
    ["devices"],
    (frame) => {
      if (frame.event === "device:enrolled" && !arrived) setArrived({ id: String(frame.data.subject_id), name: String(frame.data.subject_label) });
    },
    () => undefined,
  );
  const server = made.server ?? location.origin;
  const lines = [
    [t.enrolInstall, "python3 -m venv /opt/gamekeeper-agent && /opt/gamekeeper-agent/bin/pip install ./wire ./agent"],
    [t.enrolRun, `/opt/gamekeeper-agent/bin/gamekeeper-agent enrol --server ${server} --mode ${mode} --token ${made.token}`],
    [t.enrolStart, "/opt/gamekeeper-agent/bin/gamekeeper-agent run"],
  ] as const;
  return (
    <div className="stack" style={{ gap: "var(--s4)" }}>
      <p className="dim">{t.enrolHow(t.enrolLives[life])}</p>
      {isLoopback(server) ? <p className="note is-ending">{t.enrolLoopback(new URL(server).hostname)}</p> : null}
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
          <Button variant="filled" onClick={() => void navigate({ to: "/devices", search: { device: arrived.id } as never, replace: true })}>{t.open}</Button>
        ) : null}
      </div>
    </div>
  );
}
