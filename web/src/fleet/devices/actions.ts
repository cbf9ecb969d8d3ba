/** What a device can be asked for, and when that makes sense. */

import type { Action, DeviceOut } from "@/api";
import { fleet as t } from "../texts";

export const ACTIONS: readonly Action[] = ["restart", "screenshot", "logs", "reboot", "update"];

/** Looking at a machine and changing it are two rights. */
export function permissionFor(action: Action): string {
  return action === "screenshot" || action === "logs" ? "fleet.device.inspect" : "fleet.device.command";
}

/** Why the device would refuse, as far as it has told us; undefined when it would not. */
export function refusal(device: Pick<DeviceOut, "mode" | "capabilities">, action: Action): string | undefined {
  const can = device.capabilities;
  if (action === "screenshot" && can && can.screen === false) return t.noScreen;
  const actions = can?.actions;
  if (Array.isArray(actions) && !actions.includes(action)) return t.notAllowed(t.modes[device.mode]);
  if (!Array.isArray(actions) && device.mode === "observe" && (action === "reboot" || action === "update")) return t.notAllowed(t.modes.observe);
  return undefined;
}
