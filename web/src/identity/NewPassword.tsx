/** A new password by a one-time link, from a mail or from the command line. */

import { Button, PasswordInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { authResetPassword } from "@/api";
import { useAct } from "@/client/act";
import { t } from "@/texts";
import { ErrorLine } from "@/ui/states";
import { Door } from "./Door";

export function NewPassword() {
  const [token] = useState(() => location.hash.slice(1));
  const [password, setPassword] = useState("");
  const [done, setDone] = useState(false);
  const act = useAct();
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    void act.run(async () => {
      await authResetPassword({ body: { token, password }, throwOnError: true });
      setDone(true);
    });
  };
  if (done) {
    return <Door title={t.newPassword.title}><p role="status">{t.newPassword.done}</p><Link to="/sign-in">{t.setup.toSignIn}</Link></Door>;
  }
  return (
    <Door title={t.newPassword.title}>
      <form className="stack" style={{ gap: "var(--s4)" }} onSubmit={submit}>
        <p className="dim">{t.newPassword.intro}</p>
        <PasswordInput label={t.newPassword.password} description={t.setup.passwordHint} autoComplete="new-password" required autoFocus minLength={10} value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
        <ErrorLine error={act.error} />
        <Button type="submit" variant="filled" loading={act.busy}>{t.newPassword.submit}</Button>
      </form>
    </Door>
  );
}
