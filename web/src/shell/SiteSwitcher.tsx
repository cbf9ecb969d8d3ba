/** The site that is looked at, for every page that knows sites; shown where there is more than one. */

import { Menu, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { chooseSite, useSite, useSites } from "@/client/site";
import { t } from "@/texts";
import { useCommands } from "./commands";

export function SiteSwitcher() {
  const sites = useSites().data ?? [];
  const site = useSite();
  const [open, setOpen] = useState(false);
  const many = sites.length > 1;
  useCommands(
    many
      ? [
          { id: "sites", label: t.shell.chooseSite, keys: "g s", quiet: true, run: () => setOpen(true) },
          { id: "site all", label: t.shell.allSites, group: t.shell.sites, run: () => chooseSite(null) },
          ...sites.map((one) => ({ id: `site ${one.id}`, label: one.name, group: t.shell.sites, run: () => chooseSite(one.id) })),
        ]
      : [],
  );
  if (!many) return null;
  return (
    <Menu position="bottom-end" width={220} opened={open} onChange={setOpen}>
      <Menu.Target>
        <UnstyledButton className="site" aria-label={`${t.shell.chooseSite}: ${site?.name ?? t.shell.allSites}`}>
          <span className="cut">{site?.name ?? t.shell.allSites}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown mah="60dvh" style={{ overflowY: "auto" }}>
        <Menu.Label>{t.shell.sites}</Menu.Label>
        {[null, ...sites].map((one) => (
          <Menu.Item key={one?.id ?? ""} onClick={() => chooseSite(one?.id ?? null)} aria-current={one?.id === site?.id || undefined}>
            <span className={one?.id === site?.id ? "strong" : undefined}>{one?.name ?? t.shell.allSites}</span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
