/** The fleet in the shell. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { useEffect } from "react";
import { devicesListDevices } from "@/api";
import { addFinder } from "@/shell/finders";
import type { Module } from "@/shell/module";
import { icons } from "@/ui/icons";
import type { DevicesSearch } from "./devices/DevicesPage";
import { navigateTo } from "@/shell/navigate";
import { fleet as t } from "./texts";

const list = (value: unknown) => (Array.isArray(value) && value.every((one) => typeof one === "string") && value.length > 0 ? value : undefined);
const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);

function Finder() {
  useEffect(
    () =>
      addFinder(async (typed) => {
        const { data } = await devicesListDevices({ query: { q: typed, limit: 8 }, throwOnError: true });
        return data.items.map((device) => ({ id: `device ${device.id}`, label: device.name, hint: t.states[device.status], group: t.title, run: () => navigateTo(`/devices/${device.id}`) }));
      }),
    [],
  );
  return null;
}

export const fleet: Module = {
  nav: [{ label: t.title, to: "/devices", keywords: t.keywords.devices, icon: icons.fleet, permissions: ["fleet.device.view"], phone: true }],
  acts: [
    { label: t.enrol, to: "/devices", ask: "enrol", keys: "n", keywords: t.keywords.enrol, permission: "fleet.device.enrol" },
    { label: t.groups, to: "/devices", ask: "groups", keys: "g g", keywords: t.keywords.groups, permission: "fleet.group.edit" },
  ],
  routes: (parent) => [
    createRoute({
      getParentRoute: () => parent,
      path: "/devices",
      component: lazyRouteComponent(() => import("./devices/DevicesPage"), "DevicesPage"),
      validateSearch: (search: Record<string, unknown>) =>
        ({ state: list(search.state), mode: list(search.mode), tag: list(search.tag), group: text(search.group), q: text(search.q), approval: search.approval === "pending" ? "pending" : undefined, device: text(search.device), ask: search.ask === "enrol" || search.ask === "groups" ? search.ask : undefined }) as DevicesSearch,
    }),
    createRoute({ getParentRoute: () => parent, path: "/devices/$id", component: lazyRouteComponent(() => import("./devices/DevicePage"), "DevicePage"), validateSearch: (search: Record<string, unknown>) => ({ range: text(search.range) }) }),
  ],
  Always: Finder,
};
