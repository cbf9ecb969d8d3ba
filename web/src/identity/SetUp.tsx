/** The first run: the organization and its owner, from the one-time link. */

import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { setupSetUp, setupShow } from "@/api";
import { begin } from "@/client/session";
import { t } from "@/texts";
import { Empty, ErrorLine, ErrorState } from "@/ui/states";
import { Door } from "./Door";

/** The token stands behind the #, which browsers send to no server. */
function tokenOfLink(): string {
  return location.hash.slice(1);
}

export function SetUp() {
  const [token] = useState(tokenOfLink);
  const state = useQuery({ queryKey: ["setup"], queryFn: async () => (await setupShow({ throwOnError: true })).data });
  const [form, setForm] = useState({ organization: "", name: "", email: "", password: "" });
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const navigate = useNavigate();
  if (state.error) return <Door title={t.setup.title}><ErrorState error={state.error} retry={() => void state.refetch()} /></Door>;
  if (state.data && !state.data.needed) {
    return <Door title={t.setup.title}><p>{t.setup.done}</p><Link to="/sign-in">{t.setup.toSignIn}</Link></Door>;
  }
  if (!token) return <Door title={t.setup.title}><Empty title={t.setup.needLink}>{t.setup.needLinkDetail}</Empty></Door>;
  const set = (name: keyof typeof form) => (event: React.ChangeEvent<HTMLInputElement>) =>
    setForm({ ...form, [name]: event.currentTarget.value });
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      const { data } = await setupSetUp({ body: { token, time_zone, ...form }, throwOnError: true });
      begin(data);
      await navigate({ to: "/" });
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Door title={t.setup.title}>
      <p className="dim">{t.setup.intro}</p>
      <form className="stack" style={{ gap: "var(--s4)" }} onSubmit={(event) => void submit(event)}>
        <TextInput label={t.setup.organization} description={t.setup.organizationHint} required autoFocus maxLength={100} value={form.organization} onChange={set("organization")} />
        <TextInput label={t.setup.name} autoComplete="name" required maxLength={100} value={form.name} onChange={set("name")} />
        <TextInput label={t.setup.email} type="email" autoComplete="username" required value={form.email} onChange={set("email")} />
        <PasswordInput label={t.setup.password} description={t.setup.passwordHint} autoComplete="new-password" required minLength={10} value={form.password} onChange={set("password")} />
        <ErrorLine error={error} />
        <Button type="submit" variant="filled" loading={busy}>{t.setup.submit}</Button>
      </form>
    </Door>
  );
}
