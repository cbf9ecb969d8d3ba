/** Filters under a name: kept in this browser, for this organization and this list. */

import { Button, Menu, TextInput } from "@mantine/core";
import { useState } from "react";
import { organization } from "@/client/organization";
import { t } from "@/texts";

type Search = Record<string, unknown>;
interface View {
  name: string;
  search: Search;
}

const MOST = 30;

function read(key: string): View[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(kept) ? (kept as View[]).filter((view) => typeof view?.name === "string" && typeof view.search === "object") : [];
  } catch {
    return [];
  }
}

/** `search` is what the present filters are; an empty one cannot be saved. */
export function Views({ list, search, onChoose }: { list: string; search: Search; onChoose: (search: Search) => void }) {
  const key = `gamekeeper.views.${organization() ?? ""}.${list}`;
  const [views, setViews] = useState(() => read(key));
  const [name, setName] = useState("");
  const [open, setOpen] = useState(false);
  const present = JSON.stringify(search);
  const current = views.find((view) => JSON.stringify(view.search) === present);
  const keep = (next: View[]) => {
    setViews(next);
    localStorage.setItem(key, JSON.stringify(next));
  };
  const save = (event: React.FormEvent) => {
    event.preventDefault();
    keep([...views.filter((view) => view.name !== name.trim()), { name: name.trim(), search }].slice(-MOST));
    setName("");
    setOpen(false);
  };
  const savable = Object.keys(search).length > 0 && !current;
  if (views.length === 0 && !savable) return null;
  return (
    <Menu opened={open} onChange={setOpen} width={280} position="bottom-start" closeOnItemClick={false}>
      <Menu.Target><Button variant="subtle">{current?.name ?? t.views.views}</Button></Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t.views.kept}</Menu.Label>
        {views.map((view) => (
          <div key={view.name} className="row">
            <Menu.Item aria-current={view === current || undefined} onClick={() => { onChoose(view.search); setOpen(false); }}><span className={view === current ? "strong cut" : "cut"}>{view.name}</span></Menu.Item>
            <Button variant="subtle" size="compact-sm" aria-label={t.views.forget(view.name)} onClick={() => keep(views.filter((one) => one !== view))}>{t.views.remove}</Button>
          </div>
        ))}
        {savable ? (
          <form className="row" style={{ padding: "var(--s2)" }} onSubmit={save}>
            <TextInput className="grow" required maxLength={40} aria-label={t.views.name} placeholder={t.views.name} value={name} onChange={(event) => setName(event.currentTarget.value)} onKeyDown={(event) => event.stopPropagation()} />
            <Button type="submit" variant="filled">{t.views.save}</Button>
          </form>
        ) : null}
      </Menu.Dropdown>
    </Menu>
  );
}
