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

export interface Module {
  nav: readonly NavItem[];
  routes: (parent: AnyRoute) => AnyRoute[];
  /** Rendered once inside the shell: registers commands that work everywhere. */
  Always?: () => ReactNode;
}
