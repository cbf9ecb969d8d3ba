/** Sessions and security in the shell. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { Module } from "@/shell/module";
import { t } from "@/texts";
import { icons } from "@/ui/icons";

export const identity: Module = {
  nav: [{ label: t.security.short, to: "/security", keywords: t.security.keywords, icon: icons.security, end: true, phone: true }],
  routes: (parent) => [createRoute({ getParentRoute: () => parent, path: "/security", component: lazyRouteComponent(() => import("./security/SecurityPage"), "SecurityPage") })],
};
