/** What is done on a page is offered everywhere, to whoever may do it, and its page knows what it is asked. */

import { createRootRoute, type AnyRoute } from "@tanstack/react-router";
import { describe, expect, it } from "vitest";
import { modules } from "@/modules";
import { actsOf } from "./pages";

const offered = (...permissions: string[]) => actsOf({ permissions, grants: {} }).map((act) => act.ask);

describe("acts", () => {
  it("are those one may do on pages one may see", () => {
    expect(offered("fleet.device.view")).toEqual([]);
    expect(offered("fleet.device.view", "fleet.device.enrol")).toEqual(["enrol"]);
    expect(offered("fleet.device.enrol")).toEqual([]);
    expect(actsOf({ permissions: [], grants: { "venue.station.view": ["a"], "venue.price.edit": ["a"] } }).map((act) => act.ask)).toEqual(["prices"]);
  });

  const root = createRootRoute();
  it.each(modules.flatMap((module) => (module.acts ?? []).map((act) => [act.to, act.ask, module] as const)))("%s understands %s, and no other", (to, ask, module) => {
    const page = module.routes(root as AnyRoute).find((route) => (route.options as { path?: string }).path === to);
    const understood = page?.options.validateSearch as (search: object) => { ask?: string };
    expect(understood({ ask }).ask).toBe(ask);
    expect(understood({ ask: `${ask}!` }).ask).toBeUndefined();
  });
});
