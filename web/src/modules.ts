/** The modules of the web UI. Adding one is one line here. */

import { access } from "@/access/module";
import { fleet } from "@/fleet/module";
import { identity } from "@/identity/module";
import { jobs } from "@/jobs/module";
import { notifications } from "@/notifications/module";
import type { Module } from "@/shell/module";
import { venue } from "@/venue/module";

export const modules: readonly Module[] = [venue, fleet, access, jobs, notifications, identity];
