import { expect, test } from "vitest";
import { permits, permitsSomewhere } from "./me";

const SEE = "fleet.device.view";
const inHall = { id: "pc-1", site_id: "hall", group_id: null };

test("a role that holds everywhere permits everything", () => {
  const me = { permissions: [SEE], grants: {} };
  expect([permits(me, SEE), permits(me, SEE, inHall), permitsSomewhere(me, SEE)]).toEqual([true, true, true]);
});

test("a site, a group and a thing open what is theirs and nothing else", () => {
  for (const place of ["hall", "pc-1"]) {
    const me = { permissions: [], grants: { [SEE]: [place] } };
    expect([permits(me, SEE), permits(me, SEE, inHall), permitsSomewhere(me, SEE)]).toEqual([false, true, true]);
    expect(permits(me, SEE, { id: "pc-2", site_id: "annex", group_id: "row" })).toBe(false);
  }
  expect(permits({ permissions: [], grants: { [SEE]: ["row"] } }, SEE, { id: "pc-2", group_id: "row" })).toBe(true);
});

test("without anything nothing is permitted anywhere", () => {
  const me = { permissions: [], grants: { [SEE]: [] } };
  expect([permits(me, SEE, inHall), permitsSomewhere(me, SEE), permits(me, "other", { id: "pc-1", site_id: null })]).toEqual([false, false, false]);
});
