/** Who belongs here, who is invited, and what the roles permit. */

import { Button, Tabs } from "@mantine/core";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { usersListUsers, type UserOut } from "@/api";
import { useMay } from "@/client/me";
import { useLive } from "@/realtime/hooks";
import { useAddress, type Asks } from "@/shell/address";
import { useCommands } from "@/shell/commands";
import { DataTable, type Column } from "@/ui/DataTable";
import { StateLamp } from "@/ui/glyphs";
import { Page, Panel } from "@/ui/Page";
import { Search } from "@/ui/Search";
import { t as texts } from "@/texts";
import { Empty, ErrorState, Loading, Refusal } from "@/ui/states";
import { When } from "@/ui/When";
import { useRoles } from "../data";
import { RolesTab } from "../roles/RolesTab";
import { access as t } from "../texts";
import { Invitations } from "./Invitations";
import { InviteDialog } from "./InviteDialog";
import { PersonPanel } from "./PersonPanel";

export interface PeopleSearch extends Asks {
  tab?: "invitations" | "roles";
  person?: string;
  q?: string;
}

/** What a tab needs besides what the page needs. */
const TAB_NEEDS: Record<string, string | undefined> = { invitations: "kernel.member.invite", roles: "kernel.role.read" };

export function PeoplePage() {
  const [search, set] = useAddress<PeopleSearch>("person");
  const may = useMay();
  const queries = useQueryClient();
  const roles = useRoles();
  const searching = useRef<HTMLInputElement>(null);
  const people = useInfiniteQuery({
    queryKey: ["people", search.q ?? ""],
    queryFn: async ({ pageParam }) => (await usersListUsers({ query: { q: search.q, limit: 100, after: pageParam }, throwOnError: true })).data,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const reload = () => {
    for (const key of ["people", "invitations", "grants", "roles"]) void queries.invalidateQueries({ queryKey: [key] });
  };
  useLive(["members"], reload, reload);
  const invite = () => set({ ask: "invite" });
  const tab = search.tab ?? "members";
  useCommands(tab === "members" ? [{ id: "people search", label: t.search, keys: "s", group: t.people, run: () => searching.current?.focus() }] : []);
  const named = (key: string) => roles.data?.find((role) => role.key === key)?.name ?? key;
  const columns: Column<UserOut>[] = [
    { id: "name", head: t.head.name, width: "minmax(160px, 2fr)", cell: (person) => <><span className="strong">{person.name}</span> <span className="dimmer desk">{person.email}</span></> },
    { id: "roles", head: t.head.roles, width: "minmax(110px, 1fr)", cell: (person) => person.roles.map(named).join(", ") },
    { id: "second", head: t.head.second, width: "90px", desk: true, cell: (person) => <StateLamp state={person.mfa_enabled ? "ok" : "free"} word={person.mfa_enabled ? t.on : t.off} /> },
    { id: "seen", head: t.head.seen, width: "110px", desk: true, cell: (person) => <When time={person.last_signin_at} /> },
  ];
  const rows = people.data?.pages.flatMap((page) => page.items) ?? [];
  const needed = TAB_NEEDS[tab];
  const missing = needed && !may(needed) ? needed : undefined;
  return (
    <Page
      title={t.people}
      bar={
        <>
          <Tabs value={tab} onChange={(next) => set({ tab: next === "members" ? undefined : (next as PeopleSearch["tab"]), person: undefined })}>
            <Tabs.List>
              <Tabs.Tab value="members">{t.members}</Tabs.Tab>
              {may("kernel.member.invite") ? <Tabs.Tab value="invitations">{t.invitations}</Tabs.Tab> : null}
              {may("kernel.role.read") ? <Tabs.Tab value="roles">{t.rolesTab}</Tabs.Tab> : null}
            </Tabs.List>
          </Tabs>
          <span className="grow" />
          {tab === "members" ? <Search label={t.search} value={search.q ?? ""} onChange={(q) => set({ q })} input={searching} /> : null}
          {may("kernel.member.invite") ? <Button variant="filled" onClick={invite}>{t.invite}</Button> : null}
        </>
      }
      panel={search.person && tab === "members" ? <Panel label={t.people} onClose={() => set({ person: undefined })}><PersonPanel key={search.person} id={search.person} onClose={() => set({ person: undefined })} /></Panel> : null}
    >
      {missing ? <Refusal title={texts.error.refused} permissions={[missing]} /> : null}
      {tab === "invitations" && !missing ? <Invitations onInvite={invite} /> : null}
      {tab === "roles" && !missing ? <RolesTab /> : null}
      {tab === "members" ? (
        <>
          {people.error && rows.length === 0 ? <ErrorState error={people.error} retry={() => void people.refetch()} /> : null}
          {people.isPending ? <Loading /> : null}
          {people.data && rows.length === 0 ? <Empty title={t.noPeople} act={<Button onClick={() => set({ q: undefined })}>{t.clearSearch}</Button>}>{t.noPeopleDetail}</Empty> : null}
          {rows.length > 0 ? <DataTable label={t.people} rows={rows} columns={columns} id={(person) => person.id} name={(person) => person.name} selected={search.person} onOpen={(person) => set({ person: person?.id })} more={people.hasNextPage ? () => void people.fetchNextPage() : undefined} /> : null}
        </>
      ) : null}
      {search.ask === "invite" && may("kernel.member.invite") ? <InviteDialog onClose={() => set({ ask: undefined })} /> : null}
    </Page>
  );
}
