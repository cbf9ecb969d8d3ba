/** Outgoing mail in the shell. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { MailStatus } from "@/api";
import type { Module } from "@/shell/module";
import { icons } from "@/ui/icons";
import type { MailsSearch } from "./MailsPage";
import { LAMPS } from "./state";
import { notifications as t } from "./texts";

const text = (value: unknown) => (typeof value === "string" && value ? value : undefined);
const states = (value: unknown): MailStatus[] | undefined => {
  const known = Array.isArray(value) ? value.filter((one): one is MailStatus => typeof one === "string" && one in LAMPS) : [];
  return known.length > 0 ? known : undefined;
};

export const notifications: Module = {
  nav: [{ label: t.title, to: "/mails", keywords: t.keywords, icon: icons.mails, permissions: ["kernel.mail.read"], end: true }],
  routes: (parent) => [
    createRoute({
      getParentRoute: () => parent,
      path: "/mails",
      component: lazyRouteComponent(() => import("./MailsPage"), "MailsPage"),
      validateSearch: (search: Record<string, unknown>): MailsSearch => ({ status: states(search.status), q: text(search.q), mail: text(search.mail) }),
    }),
  ],
};
