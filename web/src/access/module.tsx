/** People, audit log and organization in the shell. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { Module } from "@/shell/module";
import { icons } from "@/ui/icons";
import type { AuditSearch } from "./audit/AuditPage";
import type { PeopleSearch } from "./people/PeoplePage";
import { access as t } from "./texts";

const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);

export const access: Module = {
  nav: [
    { label: t.people, to: "/people", keywords: t.keywords.people, icon: icons.people, permissions: ["kernel.member.read"], end: true, phone: true },
    { label: t.auditShort, to: "/audit", keywords: t.keywords.audit, icon: icons.audit, permissions: ["kernel.audit.read"], end: true, phone: true },
    { label: t.settings, to: "/organization", keywords: t.keywords.settings, icon: icons.settings, end: true },
  ],
  acts: [{ label: t.invite, to: "/people", ask: "invite", keys: "n", keywords: t.keywords.invite, permission: "kernel.member.invite" }],
  routes: (parent) => [
    createRoute({
      getParentRoute: () => parent,
      path: "/people",
      component: lazyRouteComponent(() => import("./people/PeoplePage"), "PeoplePage"),
      validateSearch: (search: Record<string, unknown>): PeopleSearch => ({ tab: search.tab === "invitations" || search.tab === "roles" ? search.tab : undefined, person: text(search.person), q: text(search.q), ask: search.ask === "invite" ? "invite" : undefined }),
    }),
    createRoute({
      getParentRoute: () => parent,
      path: "/audit",
      component: lazyRouteComponent(() => import("./audit/AuditPage"), "AuditPage"),
      validateSearch: (search: Record<string, unknown>): AuditSearch => ({ type: Array.isArray(search.type) ? (search.type as string[]) : undefined, q: text(search.q), range: text(search.range), event: text(search.event), subject: text(search.subject), actor: text(search.actor) }),
    }),
    createRoute({ getParentRoute: () => parent, path: "/organization", component: lazyRouteComponent(() => import("./organization/OrganizationPage"), "OrganizationPage") }),
  ],
};
