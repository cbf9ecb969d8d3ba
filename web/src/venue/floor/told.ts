/** What an event at a seat says to people: a changed seat tells what was changed. */

import type { EventOut, StationOut } from "@/api";
import { sentence } from "@/texts/events";
import { venue as t } from "../texts";

type Machine = Pick<StationOut, "device_id" | "device_name">;

/** `machine` is the one that stands there now; of another, the event has the id alone. */
export function told(event: Pick<EventOut, "type" | "data">, machine: Machine): string {
  if (event.type !== "station:updated") return sentence(event.type);
  const changes = (event.data.changes ?? {}) as Record<string, unknown>;
  const parts = Object.entries(changes).map(([field, value]) => changed(field, value, machine)).filter((part) => part !== undefined);
  return parts.join(", ") || sentence(event.type);
}

function changed(field: string, value: unknown, machine: Machine): string | undefined {
  switch (field) {
    case "out_of_order":
      return typeof value === "string" ? t.wentOut(value) : t.backInOrder;
    case "label":
      return t.renamedTo(String(value));
    case "zone":
      return value ? t.movedTo(String(value)) : t.movedOut;
    case "position":
      return t.placedAnew;
    case "device_id":
      if (value === null) return t.machineGone;
      return value === machine.device_id && machine.device_name ? t.machineIs(machine.device_name) : t.machineOther;
    default:
      return undefined;
  }
}
