/** The venue in the shell. */

import { createRoute } from "@tanstack/react-router";
import type { Module } from "@/shell/module";
import { icons } from "@/ui/icons";
import { FloorPage, type FloorSearch } from "./floor/FloorPage";
import { venue as t } from "./texts";

export const venue: Module = {
  nav: [{ label: t.short, to: "/floor", icon: icons.floor, permissions: ["venue.station.view"], phone: true }],
  routes: (parent) => [
    createRoute({
      getParentRoute: () => parent,
      path: "/floor",
      component: FloorPage,
      validateSearch: (search: Record<string, unknown>): FloorSearch => ({
        state: Array.isArray(search.state) && search.state.length > 0 ? (search.state as FloorSearch["state"]) : undefined,
        seat: typeof search.seat === "string" ? search.seat : undefined,
        order: search.order === "soonest" ? "soonest" : undefined,
      }),
    }),
  ],
};
