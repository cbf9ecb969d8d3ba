/** What was asked of a device and what became of it, live. */

import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { commandsCancelCommand, commandsListCommands, commandsReadOutput, type Action, type CommandOut, type CommandState, type DeviceOut } from "@/api";
import { useAct } from "@/client/act";
import { authorized } from "@/client/configure";
import { useMay } from "@/client/me";
import { useLive } from "@/realtime/hooks";
import { Drain } from "@/ui/Drain";
import { StateLamp, type State } from "@/ui/glyphs";
import { ErrorLine } from "@/ui/states";
import { When } from "@/ui/When";
import { permissionFor } from "../devices/actions";
import { fleet as t } from "../texts";
import "./commands.css";

const LAMPS: Record<CommandState, State> = {
  queued: "pending",
  sent: "starting",
  acknowledged: "starting",
  running: "running",
  succeeded: "ok",
  failed: "crashed",
  refused: "fault",
  expired: "stopped",
  cancelled: "stopped",
};

export function useLatestCommands(id: string, limit: number) {
  const queries = useQueryClient();
  const key = ["commands", id, limit];
  const reload = () => void queries.invalidateQueries({ queryKey: ["commands", id] });
  useLive(
    [`device:${id}`],
    (frame) => {
      if (frame.event === "command:progress") {
        const { id: command, percent, text } = frame.data as { id: string; percent: number; text: string };
        queries.setQueryData<CommandOut[]>(key, (now) => now?.map((one) => (one.id === command ? { ...one, state: "running", percent, message: text } : one)));
      } else if (frame.event.startsWith("command:")) reload();
    },
    reload,
  );
  return useQuery({ queryKey: key, queryFn: async () => (await commandsListCommands({ path: { device_id: id }, query: { limit }, throwOnError: true })).data.items });
}

export function Commands({ device, commands }: { device: DeviceOut; commands: readonly CommandOut[] }) {
  if (commands.length === 0) return <p className="dimmer">{t.noCommands}</p>;
  return (
    <ul className="commands">
      {commands.map((command) => <Command key={command.id} device={device} command={command} />)}
    </ul>
  );
}

function Command({ device, command }: { device: DeviceOut; command: CommandOut }) {
  const may = useMay();
  const act = useAct();
  const cancel = () => act.run(() => commandsCancelCommand({ path: { device_id: device.id, command_id: command.id }, throwOnError: true }));
  return (
    <li>
      <div className="row between">
        <span className="strong">{t.actions[command.action as Action] ?? command.action}</span>
        <StateLamp state={LAMPS[command.state]} word={t.commandStates[command.state]} />
      </div>
      <span className="dimmer">{command.issuer_label} · <When time={command.created_at} /></span>
      {command.message ? <span className="dim" style={{ overflowWrap: "anywhere" }}>{command.message}</span> : null}
      {command.state === "running" ? <Drain left={(command.percent ?? 0) / 100} state="running" label={t.commandStates.running} /> : null}
      {command.has_output && may("fleet.device.inspect", device) ? <Output device={device} command={command} /> : null}
      {command.state === "queued" && may(permissionFor(command.action as Action), device) ? <div><Button size="compact-sm" loading={act.busy} onClick={() => void cancel()}>{t.cancel}</Button></div> : null}
      <ErrorLine error={act.error} />
    </li>
  );
}

const MOST_SHOWN = 20_000;

/** A picture or a text that the machine sent back, through its signed address: shown here, and to be kept. */
function Output({ device, command }: { device: DeviceOut; command: CommandOut }) {
  const path = { device_id: device.id, command_id: command.id };
  const output = useQuery({ queryKey: ["command output", command.id], queryFn: async () => (await commandsReadOutput({ path, throwOnError: true })).data, staleTime: 240_000 });
  const content = useQuery({
    queryKey: ["command content", command.id],
    queryFn: async () => (await authorized(new URL(output.data?.url ?? "", location.origin))).blob(),
    enabled: output.data !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [shown, setShown] = useState<{ picture?: string; text?: string }>({});
  const blob = content.data;
  useEffect(() => {
    if (!blob) return;
    if (!blob.type.startsWith("image/")) {
      void blob.text().then((text) => setShown({ text: text.slice(-MOST_SHOWN) }));
      return;
    }
    const picture = URL.createObjectURL(blob);
    setShown({ picture });
    return () => URL.revokeObjectURL(picture);
  }, [blob]);
  if (output.error ?? content.error) return <ErrorLine error={output.error ?? content.error} />;
  if (!output.data) return null;
  return (
    <>
      {shown.picture ? <img className="shot" src={shown.picture} alt={t.actions.screenshot} /> : null}
      {shown.text ? <pre className="output mono" tabIndex={0} aria-label={output.data.name}>{shown.text}</pre> : null}
      <a href={output.data.url} download={output.data.name}>{t.download}</a>
    </>
  );
}
