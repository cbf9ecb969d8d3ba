/** What stands around every page: rail, top bar, keys; on a phone the bar of five below. */

import { Menu, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { Link, Outlet, useMatches, useNavigate } from "@tanstack/react-router";
import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { authLogout } from "@/api";
import { meQuery, useMe } from "@/client/me";
import { choose } from "@/client/organization";
import { leave as signOut } from "@/client/session";
import { useSiteTimes } from "@/client/site";
import { modules } from "@/modules";
import { ACCESS_CHANGED } from "@/realtime/frames";
import { live } from "@/realtime/live";
import { t } from "@/texts";
import { icons } from "@/ui/icons";
import { Key } from "@/ui/Key";
import { LiveLamp } from "@/ui/LiveLamp";
import { OfflineBand } from "@/ui/OfflineBand";
import { useAddress, type Asks } from "./address";
import { useAllCommands, useCommands } from "./commands";
import type { NavItem } from "./module";
import { openHelp, openPalette } from "./overlays";
import { actsOf, pagesOf, refusedAt } from "./pages";
import { Refused } from "./Refused";
import { SiteSwitcher } from "./SiteSwitcher";
import "./frame.css";

/** Everything may be another now. What was loaded goes at once: a page must not keep showing what was taken away. */
function startOver(queries: QueryClient): void {
  void queries.invalidateQueries(meQuery);
  void queries.resetQueries({ predicate: (query) => query.queryKey[0] !== meQuery.queryKey[0] });
}

export function Frame() {
  const me = useMe();
  // Of the page that stands in the outlet: on the way to another one the address is that one's already.
  const path = useMatches({ select: (matches) => matches.at(-1)?.pathname ?? "" });
  const items = pagesOf(me).filter((item) => !me.obstacle || item.to === "/security");
  // An obstacle stands above every page, and is told by its own words.
  const refused = me.obstacle ? undefined : refusedAt(path, me);
  const navigate = useNavigate();
  const [, set] = useAddress<Asks>();
  const queries = useQueryClient();
  useSiteTimes();
  const { colorScheme, toggleColorScheme } = useMantineColorScheme();
  useEffect(() => live.listen([], (frame) => { if (frame.event === ACCESS_CHANGED) startOver(queries); }, () => undefined), [queries]);
  useCommands([
    { id: "palette", label: t.shell.palette, keys: "ctrl+k", run: openPalette, quiet: true },
    { id: "find", label: t.shell.palette, keys: "/", run: openPalette, quiet: true },
    { id: "help", label: t.shell.keys, keys: "?", run: openHelp, group: t.shell.general, keywords: t.shell.keywords.keys },
    { id: "theme", label: colorScheme === "dark" ? t.shell.light : t.shell.dark, run: toggleColorScheme, group: t.shell.general, keywords: t.shell.keywords.theme },
    ...items.map((item) => ({
      id: `go ${item.to}`,
      label: t.shell.go(item.label),
      group: t.shell.pages,
      keywords: item.keywords,
      run: () => void navigate({ to: item.to }),
    })),
    ...(me.obstacle ? [] : actsOf(me)).map((act) => ({
      id: `act ${act.to} ${act.ask}`,
      label: act.label,
      keys: act.to === path ? act.keys : undefined,
      group: act.page,
      keywords: act.keywords,
      run: () => (act.to === path ? set({ ask: act.ask }) : void navigate({ to: act.to, search: { ask: act.ask } as never })),
    })),
  ]);
  return (
    <div className="app">
      <a className="skip" href="#main">{t.shell.skip}</a>
      <Rail items={items} />
      <TopBar pages={items} />
      <main id="main" className="main" tabIndex={-1}>
        <OfflineBand />
        {me.obstacle ? <p className="band is-pending">{t.shell.obstacles[me.obstacle] ?? t.shell.obstacle}</p> : null}
        {me.organizations.find((place) => place.id === me.organization_id)?.demo ? (
          <p className="band">{t.shell.demo}</p>
        ) : null}
        {refused ? <Refused page={refused} /> : <Outlet />}
      </main>
      <KeysBar />
      <nav className="phonebar phone" aria-label={t.shell.modules}>
        {items.filter((item) => item.phone).slice(0, 5).map((item) => <NavLink key={item.to} item={item} />)}
      </nav>
      {modules.map((module, index) => (module.Always ? <module.Always key={index} /> : null))}
    </div>
  );
}

function Rail({ items }: { items: NavItem[] }) {
  return (
    <nav className="rail desk" aria-label={t.shell.modules}>
      {items.filter((item) => !item.end).map((item) => <NavLink key={item.to} item={item} />)}
      <span className="grow" />
      {items.filter((item) => item.end).map((item) => <NavLink key={item.to} item={item} />)}
    </nav>
  );
}

function NavLink({ item }: { item: NavItem }) {
  return (
    <Link to={item.to} activeProps={{ "aria-current": "page" }} className="navlink">
      {item.icon}
      {item.label}
    </Link>
  );
}

function TopBar({ pages }: { pages: readonly NavItem[] }) {
  return (
    <header className="top">
      <div className="row" style={{ gap: "var(--s4)" }}>
        <span className="title" id="page-title" />
        <span className="subtitle desk" id="page-subtitle" />
      </div>
      <UnstyledButton className="find desk" onClick={openPalette}>
        <span className="grow">{t.shell.find}</span>
        <Key keys="ctrl+k" />
      </UnstyledButton>
      <UnstyledButton className="phone iconbutton" onClick={openPalette} aria-label={t.shell.find}>{icons.find}</UnstyledButton>
      <div className="row top-end">
        <LiveLamp />
        <SiteSwitcher />
        <Account pages={pages.filter((item) => !item.phone)} />
      </div>
    </header>
  );
}

/** One or two letters that stand for a name where it has no room. */
function initials(name: string): string {
  return name.split(/\s+/).slice(0, 2).map((word) => [...word][0] ?? "").join("").toUpperCase();
}

function Account({ pages }: { pages: readonly NavItem[] }) {
  const me = useMe();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { colorScheme, toggleColorScheme } = useMantineColorScheme();
  const place = me.organizations.find((one) => one.id === me.organization_id);
  const go = (id: string) => {
    choose(id);
    // A new page: nothing of the other organization is left in it, whatever held on to it.
    location.assign("/");
  };
  const leave = async () => {
    await authLogout({ throwOnError: false });
    live.stop();
    signOut();
    queries.clear();
    await navigate({ to: "/sign-in" });
  };
  useCommands([{ id: "sign out", label: t.shell.signOut, group: t.shell.general, keywords: t.shell.keywords.signOut, run: () => void leave() }]);
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <UnstyledButton className="account" aria-label={`${place?.name ?? t.shell.nowhere} ${me.user?.name ?? me.actor.label}, ${t.shell.account}`}>
          <span className="initials phone">{initials(place?.name ?? t.shell.nowhere)}</span>
          <span className="cut strong desk">{place?.name ?? t.shell.nowhere}</span>{" "}
          <span className="cut dimmer desk">{me.user?.name ?? me.actor.label}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t.shell.organizations}</Menu.Label>
        {me.organizations.map((one) => (
          <Menu.Item key={one.id} onClick={() => go(one.id)} aria-current={one.id === me.organization_id || undefined}>
            <span className={one.id === me.organization_id ? "strong" : undefined}>{one.name}</span>
          </Menu.Item>
        ))}
        <Menu.Divider />
        {pages.map((item) => <Menu.Item key={item.to} className="phone" onClick={() => void navigate({ to: item.to })}>{item.label}</Menu.Item>)}
        <Menu.Item className="desk" onClick={() => void navigate({ to: "/security" })}>{t.shell.security}</Menu.Item>
        <Menu.Item onClick={toggleColorScheme}>{colorScheme === "dark" ? t.shell.light : t.shell.dark}</Menu.Item>
        <Menu.Item onClick={openHelp}>{t.shell.keys}</Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => void leave()}>{t.shell.signOut}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function KeysBar() {
  const commands = useAllCommands().filter((command) => command.keys && !command.quiet && !command.disabled && command.id !== "help");
  return (
    <footer className="keys desk">
      {commands.slice(0, 8).map((command) => (
        <UnstyledButton key={command.id} className="keyhint" onClick={command.run}>
          <Key keys={command.keys ?? ""} /> {command.label}
        </UnstyledButton>
      ))}
      <span className="grow" />
      <UnstyledButton className="keyhint" onClick={openHelp}><Key keys="?" /> {t.shell.all}</UnstyledButton>
    </footer>
  );
}
