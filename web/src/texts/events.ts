/** What an event means, as people say it. A type that is not here is shown by its own name. */

const sentences: Record<string, string> = {
  "signin:started": "Signed in",
  "signin:ended": "Signed out",
  "signin:reused": "A used sign-in came back; all of it was ended",
  "user:created": "Account made",
  "user:renamed": "Renamed",
  "user:password-changed": "Password changed",
  "user:mfa-enabled": "Two-step sign-in turned on",
  "user:mfa-disabled": "Two-step sign-in turned off",
  "user:recovery-codes-made": "New recovery codes",
  "user:recovery-code-used": "Recovery code used",
  "organization:created": "Organization opened",
  "organization:changed": "Organization changed",
  "site:created": "Site added",
  "site:changed": "Site changed",
  "site:deleted": "Site removed",
  "team:created": "Team formed",
  "team:changed": "Team changed",
  "team:deleted": "Team dissolved",
  "member:joined": "Joined",
  "member:changed": "Roles changed",
  "member:removed": "Removed from the organization",
  "invitation:sent": "Invited",
  "invitation:resent": "Invited again",
  "invitation:accepted": "Accepted the invitation",
  "invitation:revoked": "Invitation taken back",
  "role:created": "Role made",
  "role:changed": "Role changed",
  "role:deleted": "Role deleted",
  "grant:made": "Access given",
  "grant:ended": "Access ended",
  "token:created": "API token made",
  "token:revoked": "API token revoked",
  "device:registered": "Device registered",
  "device:enrolled": "Machine enrolled",
  "device:renewed": "Certificate renewed",
  "device:approved": "Machine approved",
  "device:updated": "Device changed",
  "device:moved": "Device moved",
  "device:reported": "Machine reported new facts",
  "device:revoked": "Device revoked",
  "device:deleted": "Device deleted",
  "device:status": "State changed",
  "claim-token:made": "Claim token made",
  "claim-token:revoked": "Claim token taken back",
  "device-group:made": "Group made",
  "device-group:updated": "Group changed",
  "device-group:deleted": "Group deleted",
  "command:queued": "Command asked for",
  "command:sent": "Command sent",
  "command:acknowledged": "Command received",
  "command:finished": "Command ended",
  "command:expired": "Command expired",
  "station:added": "Seat added",
  "station:updated": "Seat changed",
  "station:removed": "Seat removed",
  "station:status": "Seat looks different",
  "station:claim-cut": "The seat claimed more lost time than it can have lost",
  "station:clock-moved": "The seat's clock was set back",
  "session:started": "Session started",
  "session:extended": "Session extended",
  "session:undone": "Sale taken back",
  "session:warned": "Warned of the end",
  "session:ending": "Session ends",
  "session:ended": "Session ended",
  "session:merged": "Told what happened offline",
  "payment:received": "Money received",
  "payment:returned": "Money returned",
  "price-rule:made": "Price made",
  "price-rule:updated": "Price changed",
  "venue-policy:updated": "House rules changed",
  "lease-key:rotated": "Lease key changed",
  "mail:queued": "Mail written",
  "mail:delayed": "Mail not sent yet",
  "mail:sent": "Mail sent",
  "mail:failed": "Mail failed",
  "mail:retried": "Mail sent again",
  "mail:withdrawn": "Mail taken back",
  "job:failed": "Job failed",
  "job:retried": "Job run again",
};

const OF_A_SESSION = /^(session|payment):/;
/** Facts of a seat carry its label alone, which says little among other things. */
const OF_A_SEAT = /^(session|payment|station):/;

export function thing(event: { type: string; subject_label: string }): string {
  return OF_A_SEAT.test(event.type) && event.subject_label ? `Seat ${event.subject_label}` : event.subject_label;
}

/** What the log is narrowed to by a fact's subject: of a session's facts, that session, not the seat it was on. */
export function about(event: { type: string; subject_label: string }): string {
  return OF_A_SESSION.test(event.type) ? `a session on ${thing(event)}` : thing(event);
}

/** What people see as the name of a thing, as the server has stored it. */
export function asStored(name: string): string {
  return name.replace(/^seat\s+(?=\S)/i, "");
}

export function sentence(type: string): string {
  return sentences[type] ?? type;
}
