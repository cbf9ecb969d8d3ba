/** A forgotten password: asking for a link by mail. */

import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { authAskForReset, setupShow } from "@/api";
import { useAct } from "@/client/act";
import { t } from "@/texts";
import { ErrorLine } from "@/ui/states";
import { Door } from "./Door";

export function Forgotten() {
  const [email, setEmail] = useState("");
  const [sent, setSent] = useState(false);
  const act = useAct();
  const state = useQuery({ queryKey: ["setup"], queryFn: async () => (await setupShow({ throwOnError: true })).data });
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    void act.run(async () => {
      await authAskForReset({ body: { email }, throwOnError: true });
      setSent(true);
    });
  };
  return (
    <Door title={t.forgotten.title}>
      {sent ? <p role="status">{t.forgotten.sent}</p> : null}
      {state.data?.mail === false ? <p role="status">{t.forgotten.noMail} <code className="mono">gamekeeper password</code>.</p> : null}
      {sent || state.isPending || state.data?.mail === false ? null : (
        <form className="stack" style={{ gap: "var(--s4)" }} onSubmit={submit}>
          <p className="dim">{t.forgotten.intro}</p>
          <TextInput label={t.signIn.email} type="email" autoComplete="username" required autoFocus value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
          <ErrorLine error={act.error} />
          <Button type="submit" variant="filled" loading={act.busy}>{t.forgotten.submit}</Button>
        </form>
      )}
      <Link to="/sign-in">{t.setup.toSignIn}</Link>
    </Door>
  );
}
