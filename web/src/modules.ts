/** The modules of the web UI. Adding one is one line here. */

import type { Module } from "@/shell/module";

export const modules: readonly Module[] = [];
