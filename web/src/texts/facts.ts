/** The facts of events: what each is called, and how its value is said. */

import type { Approval, CommandState, DeviceKind, EarlyEnd, EventOut, FloorState, Rounding } from "@/api";
import { access } from "@/access/texts";
import { fleet } from "@/fleet/texts";
import { venue } from "@/venue/texts";
import { type About, amount, at, clock, list, minutes, named, NONE, offers, plain, type Say, seconds, words, yes } from "./formats";

interface Field {
  label: string;
  say: Say;
  /** Made by a machine and copied by people: in letters of one width. */
  code?: boolean;
}

const field = (label: string, say: Say = plain): Field => ({ label, say });
const coded = (label: string, say: Say = plain): Field => ({ label, say, code: true });

const approvals = { approved: "Approved", pending: "Waiting for approval", rejected: "Refused" } satisfies Record<Approval, string>;
const kinds = { pc: "PC", pi: "Raspberry Pi", room: "Meeting room", server: "Server", console: "Console", other: "Other" } satisfies Record<DeviceKind, string>;
const roundings = { up: "Up", down: "Down", half_up: "To the nearest" } satisfies Record<Rounding, string>;
const states = { ...fleet.commandStates, ...venue.states } satisfies Record<CommandState | FloorState, string>;
const earlyEnds = venue.earlyEnds satisfies Record<EarlyEnd, string>;
const locks = { locked: "Locked", unlocked: "Open", warning: "Open, and warns of the end", technician: "Open for service", unknown: "Unknown" };
const reasons = {
  ...fleet.reasons,
  signed_out: "Signed out",
  revoked: "Taken away",
  everywhere: "Signed out everywhere",
  password_changed: "The password was changed",
  reused: "A used sign-in came back",
};
const refusals = { "not-allowed-by-machine": "Its own setting does not allow it", "unknown-action": "Its agent does not know this", busy: "It does something else", expired: "Too late" };

const fields: Record<string, Field> = {
  action: field("Action", words(fleet.actions)),
  active: field("In force", yes),
  added: field("May now", list(named)),
  agent_version: coded("Agent"),
  amount: field("Amount", amount),
  approval: field("Approval", words(approvals)),
  approved: field("Let in", yes),
  attempts: field("Tries"),
  back_seconds: field("Set back by", seconds),
  before: field("Before", list(plain)),
  believed_seconds: field("Time given back", seconds),
  block_rounding: field("Rounding of time", words(roundings)),
  block_seconds: field("Sold in steps of", seconds),
  bulk_id: coded("Asked of many at once"),
  business_day_minutes: field("Business day begins at", clock),
  claimed_seconds: field("Time claimed", seconds),
  code: field("Why", words(refusals)),
  confirmed_at: field("Confirmed", at),
  connection: field("Connection", words(fleet.states)),
  credited: field("Owed to the guest", amount),
  currency: field("Currency"),
  description: field("Description"),
  desired: field("Shall be", words(locks)),
  desired_at: field("Asked for", at),
  device: field("Device"),
  device_id: field("Device", named),
  device_name: field("Name of the device"),
  device_state: field("State of the device", words(fleet.states)),
  early_end: field("A session that is ended early", words(earlyEnds)),
  email: field("E-mail"),
  ended_by: field("Ended by", words({ time: "Its time", staff: "Staff", undo: "Taking the sale back" })),
  ends_at: field("Ends", at),
  error: coded("What went wrong"),
  expires_at: field("Good until", at),
  failures_before: field("Failed attempts before"),
  grace_seconds: field("Grace after the end", seconds),
  group_id: field("Group", named),
  guest: field("Guest"),
  hostname: coded("Host name"),
  id: coded("Id"),
  is_over: field("Session over", yes),
  key_id: coded("Key"),
  kind: field("Kind", words(kinds)),
  label: field("Label"),
  last_seen: field("Last seen", at),
  left: field("Codes left"),
  location: field("Location"),
  lost_seconds: field("Time lost", seconds),
  maintenance: field("Maintenance", yes),
  members: field("Members"),
  message: field("What it said"),
  method: field("Paid with", words({ cash: "Cash" })),
  minutes: field("Time", minutes),
  mode: field("Mode", words(fleet.modes)),
  money_rounding: field("Rounding of money", words(roundings)),
  name: field("Name"),
  needs_approval: field("Waits for approval", yes),
  not_after: field("Certificate ends", at),
  notes: field("Notes"),
  offline_cap_seconds: field("Longest play without the server", seconds),
  out_of_order: field("Out of order"),
  parent_id: field("Inside", named),
  permissions: field("May", list(named)),
  played_seconds: field("Time played", seconds),
  position: field("Place in the row"),
  presets: field("Offered at a press", offers),
  problem: field("Problem"),
  rate: field("Price of an hour", amount),
  reason: field("Why", words(reasons)),
  refunded: field("Paid back", amount),
  remaining_seconds: field("Time left", seconds),
  removed: field("May no longer", list(named)),
  reported: field("Says it is", words(locks)),
  reported_at: field("Said so", at),
  require_mfa: field("Two-step sign-in", words(access.mfaRules)),
  resource_id: field("Which one", named),
  resource_kind: field("Kind of thing", words(access.grantKinds)),
  roles: field("Roles", list(plain)),
  second_factor: field("With a code", yes),
  serial: coded("Serial number"),
  session: coded("Session"),
  session_id: coded("Session"),
  site: field("Site", named),
  site_id: field("Site", named),
  state: field("State", words(states)),
  station: field("Seat"),
  station_id: coded("Id of the seat"),
  status: field("State", words(fleet.states)),
  tags: field("Tags", list(plain)),
  told: field("Change of the seat's card"),
  time_zone: field("Time zone"),
  total: field("Price in all", amount),
  transfer_id: coded("Entry in the books"),
  user_id: coded("Account"),
  version: field("Version"),
  warning_seconds: field("Warnings before the end", list(seconds)),
  zone: field("Zone"),
};

/** Where a field means something else than elsewhere. */
const ofType: Record<string, Field> = {
  "job:failed name": coded("Job"),
  "job:retried name": coded("Job"),
  "command:queued expires_at": field("Holds until", at),
  "signin:started session_id": coded("Sign-in"),
  "signin:ended session_id": coded("Sign-in"),
  "signin:reused session_id": coded("Sign-in"),
};

/** Fields whose own fields are facts. */
const NESTED = new Set(["changes", "changed"]);
/** Said otherwise: the currency by the amounts, the seat as the thing that it happened to. */
const SAID = new Set(["subject_id", "subject_label", "currency", "station", "station_id"]);

export interface Fact {
  label: string;
  text: string;
  code: boolean;
}

/** Whether people are told this field of this event in words of ours. */
export function isLabelled(type: string, name: string): boolean {
  return NESTED.has(name) || fieldOf(type, name) !== undefined;
}

/** Everything that an event tells beside its subject. Nothing is said of what is empty. */
export function factsOf(event: Pick<EventOut, "type" | "data">, about: About): Fact[] {
  const { currency, site_id } = event.data;
  const here = { ...about, currency: typeof currency === "string" ? currency : about.currency, site: typeof site_id === "string" ? site_id : about.site };
  return Object.entries(event.data).flatMap(([name, value]) => {
    if (NESTED.has(name)) return Object.entries(value as Record<string, unknown>).map(([inner, news]) => fact(event.type, inner, news, here));
    return SAID.has(name) || value === null || value === "" ? [] : [fact(event.type, name, value, here)];
  });
}

/** The devices that the facts of an event point to, each once. */
export function devicesOf(event: Pick<EventOut, "data">): string[] {
  const { changes, changed, resource_kind, resource_id } = event.data;
  const parts = [event.data, changes, changed] as (Record<string, unknown> | undefined)[];
  const ids = [...parts.map((part) => part?.device_id), resource_kind === "device" ? resource_id : undefined];
  return [...new Set(ids.filter((id) => typeof id === "string"))];
}

function fact(type: string, name: string, value: unknown, about: About): Fact {
  const known = fieldOf(type, name);
  // An event of a later version, told while this page is open, has fields that this page has no words for.
  if (!known) return { label: name.replaceAll("_", " "), text: plain(value, about), code: true };
  return { label: known.label, text: value === null || value === "" ? NONE : known.say(value, about), code: known.code ?? false };
}

function fieldOf(type: string, name: string): Field | undefined {
  return ofType[`${type} ${name}`] ?? fields[name];
}
