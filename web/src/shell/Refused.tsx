/** Where a page would be that one may not see, or that there is none: what is missing, and where to go instead. */

import { Link } from "@tanstack/react-router";
import { useMe } from "@/client/me";
import { t } from "@/texts";
import { Page } from "@/ui/Page";
import { Empty, Refusal } from "@/ui/states";
import type { NavItem } from "./module";
import { pagesOf } from "./pages";

export function Refused({ page }: { page: NavItem }) {
  return (
    <Page title={page.label}>
      <Refusal title={t.error.refusedPage} permissions={page.permissions ?? []} act={<WayOut />} />
    </Page>
  );
}

export function NotFound() {
  return (
    <Page title={t.error.nowhere}>
      <Empty title={t.error.notFound} act={<WayOut />}>{t.error.notFoundDetail}</Empty>
    </Page>
  );
}

function WayOut() {
  const first = pagesOf(useMe())[0];
  return first ? <Link to={first.to}>{t.shell.go(first.label)}</Link> : null;
}
