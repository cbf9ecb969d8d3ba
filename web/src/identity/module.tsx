/** Sessions and security in the shell. */

import { createRoute } from "@tanstack/react-router";
import type { Module } from "@/shell/module";
import { t } from "@/texts";
import { icons } from "@/ui/icons";
import { SecurityPage } from "./security/SecurityPage";

export const identity: Module = {
  nav: [{ label: t.security.short, to: "/security", icon: icons.security, end: true, phone: true }],
  routes: (parent) => [createRoute({ getParentRoute: () => parent, path: "/security", component: SecurityPage })],
};
