/** What the palette finds by other names than its own. */

import { expect, it } from "vitest";
import { fleet } from "@/fleet/texts";
import { modules } from "@/modules";
import { t } from "@/texts";
import { venue } from "@/venue/texts";
import type { Command } from "./commands";
import { matching } from "./Palette";

const run = () => undefined;
const commands: Command[] = [
  { id: "theme", label: t.shell.dark, group: t.shell.general, keywords: t.shell.keywords.theme, run },
  { id: "sign out", label: t.shell.signOut, group: t.shell.general, keywords: t.shell.keywords.signOut, run },
  { id: "enrol", label: fleet.enrol, group: fleet.title, keywords: fleet.keywords.enrol, run },
  { id: "prices", label: venue.pricesTitle, group: venue.title, keywords: venue.keywords.prices, run },
  { id: "restart", label: fleet.actions.restart, group: "Seat 1", keywords: fleet.keywords.actions.restart, run },
  { id: "reboot", label: fleet.actions.reboot, group: "Seat 1", keywords: fleet.keywords.actions.reboot, run },
  ...modules.flatMap((module) => module.nav).map((page) => ({ id: page.to, label: t.shell.go(page.label), group: t.shell.pages, keywords: page.keywords, run })),
];

it.each([
  ["token", "enrol"],
  ["token", "/organization"],
  ["api key", "/organization"],
  ["password", "/security"],
  ["two-factor", "/security"],
  ["2fa", "/security"],
  ["restart", "restart"],
  ["restart", "/devices"],
  ["price", "prices"],
  ["mail", "/mails"],
  ["email", "/mails"],
  ["log out", "sign out"],
  ["logout", "sign out"],
  ["dark mode", "theme"],
  ["fleet", "/devices"],
  ["enroll", "enrol"],
  ["users", "/people"],
  ["who did", "/audit"],
  ["revenue", "/books"],
  ["sell", "/floor"],
  ["worker", "/jobs"],
])("by %s finds %s", (typed, id) => expect(matching(commands, typed, []).map((one) => one.id)).toContain(id));

it("offers what is called so before what is meant by it", () => {
  expect(matching(commands, "restart", []).map((one) => one.id).slice(0, 2)).toEqual(["restart", "reboot"]);
  expect(matching(commands, "reboot", [])[0]?.id).toBe("reboot");
  expect(matching(commands, "restart", ["/devices"])[0]?.id).toBe("/devices");
});

it("finds nothing by what nobody calls anything", () => expect(matching(commands, "token zebra", [])).toEqual([]));
