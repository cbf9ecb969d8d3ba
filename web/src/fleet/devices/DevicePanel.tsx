/** One device beside the list: how it is now, and what can be asked of it. */

import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { devicesApproveDevice, type DeviceOut } from "@/api";
import { useAct } from "@/client/act";
import { useMay } from "@/client/me";
import { useCommands } from "@/shell/commands";
import { Changed } from "@/ui/changed";
import { StateLamp } from "@/ui/glyphs";
import { Key } from "@/ui/Key";
import { Facts, Section } from "@/ui/Page";
import { ErrorLine, ErrorState, Loading } from "@/ui/states";
import { Moment, When } from "@/ui/When";
import { Commands, useLatestCommands } from "../commands/Commands";
import { fleet as t } from "../texts";
import { ActionButtons } from "./ActionButtons";
import { useDevice, useLiveDevices } from "./data";
import { LAMPS, METRICS, reading } from "./state";
import "./device.css";

export function DevicePanel({ id, onClose }: { id: string; onClose: () => void }) {
  const device = useDevice(id);
  const navigate = useNavigate();
  useLiveDevices([`device:${id}`]);
  const commands = useLatestCommands(id, 5);
  if (device.error) return <ErrorState error={device.error} retry={() => void device.refetch()} />;
  if (!device.data) return <Loading rows={6} />;
  const one = device.data;
  return (
    <>
      <Section>
        <div className="row between">
          <h2 className="cut">{one.name}</h2>
          <Button variant="subtle" size="compact-sm" onClick={onClose}><Key keys="Escape" /></Button>
        </div>
        <State device={one} />
        <Button onClick={() => void navigate({ to: "/devices/$id", params: { id } as never })} rightSection={<Key keys="o" />}>{t.history}</Button>
        <Approval device={one} />
      </Section>
      <Section title={t.live}><Readings device={one} /></Section>
      <Section title={t.commands}>
        <ActionButtons device={one} />
        <Commands device={one} commands={commands.data ?? []} />
      </Section>
      <Section title={t.facts}><MachineFacts device={one} /></Section>
    </>
  );
}

/** Why a device is not online, in words; a reason that has none yet is shown by its name. */
export function because(reason: string): string {
  return t.reasons[reason] ?? reason.replaceAll("-", " ");
}

export function State({ device }: { device: DeviceOut }) {
  return (
    <div className="stack" style={{ gap: 2 }}>
      <StateLamp state={LAMPS[device.status]} word={t.states[device.status]} />
      {device.reason && device.status !== "online" ? <span className="dim">{because(device.reason)}</span> : null}
      {device.since ? <span className="dimmer">{t.since(t.states[device.status])} <When time={device.since} /></span> : null}
    </div>
  );
}

export function Readings({ device }: { device: DeviceOut }) {
  return (
    <dl className="readings">
      {METRICS.map((metric) => (
        <div key={metric}>
          <dt>{t.head[metric]}</dt>
          <dd title={metric === "temperature" && device.temperature === null ? t.noTemperature : undefined}>
            <Changed value={reading(metric, device[metric])}>{reading(metric, device[metric])}</Changed>
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function MachineFacts({ device }: { device: DeviceOut }) {
  const machine: Record<string, unknown> = device.machine ?? {};
  // What we have a name for comes first, in that order.
  const told = Object.keys({ ...t.machine, ...machine })
    .map((name) => [name, machine[name]] as const)
    .filter(([, value]) => typeof value === "string" || typeof value === "number");
  return (
    <Facts
      rows={[
        [t.mode, <span key="m" title={t.modeMeaning[device.mode]}>{t.modes[device.mode]}</span>],
        [t.os, [device.os, device.arch].filter(Boolean).join(", ")],
        [t.agent, device.agent_version],
        [t.address, device.ip],
        [t.lastSeen, <When key="s" time={device.last_seen} />],
        ...(device.certificate ? ([[t.expires, <Moment key="c" time={device.certificate.not_after} />]] as const) : []),
        ...told.slice(0, 10).map(([name, value]) => [t.machine[name] ?? name, name.endsWith("_bytes") ? gigabytes(Number(value)) : String(value)] as const),
      ]}
    />
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 1e11 ? 1 : 0)} GB`;
}

export function Approval({ device }: { device: DeviceOut }) {
  const may = useMay();
  const act = useAct();
  const decide = (approved: boolean) => act.run(() => devicesApproveDevice({ path: { device_id: device.id }, body: { approved } as never, throwOnError: true }));
  const able = device.approval === "pending" && may("fleet.device.enrol", device);
  useCommands(
    able
      ? [
          { id: "approve", label: t.approve, keys: "a", group: t.title, run: () => void decide(true) },
          { id: "refuse", label: t.refuse, keys: "d", group: t.title, run: () => void decide(false) },
        ]
      : [],
  );
  if (device.approval !== "pending") return null;
  return (
    <div className="note is-pending stack">
      <p>{t.pending}</p>
      {able ? (
        <div className="row">
          <Button variant="filled" loading={act.busy} onClick={() => void decide(true)} rightSection={<Key keys="a" />}>{t.approve}</Button>
          <Button onClick={() => void decide(false)} rightSection={<Key keys="d" />}>{t.refuse}</Button>
        </div>
      ) : null}
      <ErrorLine error={act.error} />
    </div>
  );
}
