/** The commands of one device; those that it would refuse say why instead of failing. */

import { Button, Tooltip } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { commandsAct, type Action, type DeviceOut } from "@/api";
import { useAct } from "@/client/act";
import { idempotencyKey } from "@/client/configure";
import { useMay } from "@/client/me";
import { useCommands } from "@/shell/commands";
import { ErrorLine } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { fleet as t } from "../texts";
import { ACTIONS, permissionFor, refusal } from "./actions";

const KEYS: Partial<Record<Action, string>> = { restart: "r", screenshot: "p", logs: "l" };

export function ActionButtons({ device }: { device: DeviceOut }) {
  const may = useMay();
  const act = useAct();
  const queries = useQueryClient();
  const ask = (action: Action) =>
    act.run(async () => {
      await commandsAct({ path: { device_id: device.id }, body: { action }, headers: { "idempotency-key": idempotencyKey() }, throwOnError: true });
      await queries.invalidateQueries({ queryKey: ["commands", device.id] });
      tell(device.connection === "online" ? `${t.actionDone[action]}.` : t.queuedFor(device.name));
    });
  const allowed = device.status === "revoked" ? [] : ACTIONS.filter((action) => may(permissionFor(action), device));
  useCommands(
    allowed.map((action) => ({ id: `device ${action}`, label: t.actions[action], keys: KEYS[action], group: device.name, keywords: t.keywords.actions[action], disabled: refusal(device, action), run: () => void ask(action) })),
  );
  if (allowed.length === 0) return null;
  return (
    <>
      <div className="actions">
        {allowed.map((action) => {
          const why = refusal(device, action);
          return (
            <Tooltip key={action} label={why} disabled={!why}>
              <Button data-disabled={why ? true : undefined} aria-disabled={Boolean(why)} aria-description={why} onClick={(event) => (why ? event.preventDefault() : void ask(action))} loading={act.busy}>
                {t.actions[action]}
              </Button>
            </Tooltip>
          );
        })}
      </div>
      <ErrorLine error={act.error} />
    </>
  );
}
