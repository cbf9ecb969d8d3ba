/** What a module gives to the shell: its place in the rail, its routes, its commands. Adding one is a line in modules.ts. */

import type { AnyRoute } from "@tanstack/react-router";
import type { ReactNode } from "react";

export interface NavItem {
  label: string;
  to: string;
  icon: ReactNode;
  /** What else people call it, or look for on it: the palette finds it by these. */
  keywords?: readonly string[];
  /** Shown only to who has one of these permissions. */
  permissions?: readonly string[];
  /** On the phone's bar of five. */
  phone?: boolean;
  end?: boolean;
}

/** Something that is done on a page, in a dialog that its address names (`ask`): reachable from everywhere. */
export interface Act {
  label: string;
  to: string;
  ask: string;
  /** On that page. */
  keys?: string;
  keywords?: readonly string[];
  /** Offered only to who has it, at least at one site. */
  permission: string;
}

export interface Module {
  nav: readonly NavItem[];
  acts?: readonly Act[];
  routes: (parent: AnyRoute) => AnyRoute[];
  /** Rendered once inside the shell: registers commands that work everywhere. */
  Always?: () => ReactNode;
}
