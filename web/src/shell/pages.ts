/** The pages that a person may see, by what the modules say of their places in the rail. */

import { permitsSomewhere, type Me } from "@/client/me";
import { modules } from "@/modules";
import type { Act, NavItem } from "./module";

type Rights = Pick<Me, "permissions" | "grants">;

export function maySee(me: Rights, page: NavItem): boolean {
  return !page.permissions || page.permissions.some((name) => permitsSomewhere(me, name));
}

export function pagesOf(me: Rights): NavItem[] {
  return modules.flatMap((module) => module.nav).filter((page) => maySee(me, page));
}

/** What a person may do on them. */
export function actsOf(me: Rights): (Act & { page: string })[] {
  const acts = modules.flatMap((module) => module.acts ?? []).filter((act) => permitsSomewhere(me, act.permission));
  return pagesOf(me).flatMap((page) => acts.filter((act) => act.to === page.to).map((act) => ({ ...act, page: page.label })));
}

/** The page that an address belongs to, if a person may not see it: then nothing of it is loaded. */
export function refusedAt(path: string, me: Rights): NavItem | undefined {
  return modules.flatMap((module) => module.nav).find((page) => (path === page.to || path.startsWith(`${page.to}/`)) && !maySee(me, page));
}
