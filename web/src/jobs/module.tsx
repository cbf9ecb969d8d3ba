/** Jobs in the shell. */

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import type { Module } from "@/shell/module";
import { t } from "@/texts";
import { icons } from "@/ui/icons";

export const jobs: Module = {
  nav: [{ label: t.jobs.title, to: "/jobs", keywords: t.jobs.keywords, icon: icons.jobs, permissions: ["kernel.job.read"], end: true }],
  routes: (parent) => [createRoute({ getParentRoute: () => parent, path: "/jobs", component: lazyRouteComponent(() => import("./JobsPage"), "JobsPage") })],
};
