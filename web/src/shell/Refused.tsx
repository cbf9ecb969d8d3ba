/** Where a page would be that one may not see: what is missing, and where to go instead. */

import { Link } from "@tanstack/react-router";
import { useMe } from "@/client/me";
import { t } from "@/texts";
import { Page } from "@/ui/Page";
import { Refusal } from "@/ui/states";
import type { NavItem } from "./module";
import { pagesOf } from "./pages";

export function Refused({ page }: { page: NavItem }) {
  const first = pagesOf(useMe())[0];
  return (
    <Page title={page.label}>
      <Refusal title={t.error.refusedPage} permissions={page.permissions ?? []} act={first ? <Link to={first.to}>{t.shell.go(first.label)}</Link> : null} />
    </Page>
  );
}
