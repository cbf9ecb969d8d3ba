/** Routes: the pages of whoever is not signed in, and inside the frame those of the modules. */

import { createRootRouteWithContext, createRoute, createRouter, Outlet, redirect } from "@tanstack/react-router";
import type { QueryClient } from "@tanstack/react-query";
import { meQuery } from "@/client/me";
import { fresh, Unreachable } from "@/client/session";
import { Forgotten } from "@/identity/Forgotten";
import { Join } from "@/identity/Join";
import { NewPassword } from "@/identity/NewPassword";
import { SetUp } from "@/identity/SetUp";
import { SignIn } from "@/identity/SignIn";
import { modules } from "@/modules";
import { live } from "@/realtime/live";
import { Broken } from "@/shell/Broken";
import { Frame } from "@/shell/Frame";
import { Help } from "@/shell/Help";
import { pagesOf } from "@/shell/pages";
import { Palette } from "@/shell/Palette";
import { NotFound } from "@/shell/Refused";
import { Toasts } from "@/ui/Toasts";

const root = createRootRouteWithContext<{ queries: QueryClient }>()({
  component: Outlet,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next?: string } => ({ next: local(search.next) }),
  component: SignIn,
});

const setUp = createRoute({ getParentRoute: () => root, path: "/setup", component: SetUp });

const join = createRoute({ getParentRoute: () => root, path: "/invitation", component: Join });

const forgotten = createRoute({ getParentRoute: () => root, path: "/forgotten", component: Forgotten });

const newPassword = createRoute({ getParentRoute: () => root, path: "/password", component: NewPassword });

const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  beforeLoad: async ({ location, context }) => {
    let session = null;
    try {
      session = await fresh();
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof TypeError)) throw error;
      throw new TypeError("offline");
    }
    if (!session) throw redirect({ to: "/sign-in", search: { next: location.href === "/" ? undefined : location.href } });
    await context.queries.ensureQueryData(meQuery);
    live.start();
  },
  component: () => (
    <>
      <Frame />
      <Palette />
      <Help />
      <Toasts />
    </>
  ),
  errorComponent: Broken,
});

const home = createRoute({
  getParentRoute: () => inside,
  path: "/",
  beforeLoad: async ({ context }) => {
    const me = await context.queries.ensureQueryData(meQuery);
    // Without a second step where one is required, nothing but setting it up is open.
    if (me.obstacle) throw redirect({ to: "/security" });
    const first = pagesOf(me)[0];
    if (first) throw redirect({ to: first.to });
  },
  component: NotFound,
});

/** Inside the frame, so that there is a way on; whoever is not signed in is asked to, as everywhere. */
const nowhere = createRoute({ getParentRoute: () => inside, path: "$", component: NotFound });

/** Only a path of ours may be gone to after signing in. */
export function local(next: unknown): string | undefined {
  return typeof next === "string" && /^\/(?![/\\])/.test(next) ? next : undefined;
}

export function makeRouter(queries: QueryClient) {
  const pages = modules.flatMap((module) => module.routes(inside));
  return createRouter({
    routeTree: root.addChildren([signIn, setUp, join, forgotten, newPassword, inside.addChildren([home, ...pages, nowhere])]),
    context: { queries },
    defaultErrorComponent: Broken,
    defaultPreload: "intent",
    scrollRestoration: true,
  });
}
