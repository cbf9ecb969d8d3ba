/** A new password. */

import { Button, PasswordInput } from "@mantine/core";
import { useState } from "react";
import { meChangePassword } from "@/api";
import { useAct } from "@/client/act";
import { t } from "@/texts";
import { ErrorLine } from "@/ui/states";
import { tell } from "@/ui/Toasts";

export function PasswordForm() {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const act = useAct();
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    const done = await act.run(() => meChangePassword({ body: { current, new: next }, throwOnError: true }));
    if (!done) return;
    setCurrent("");
    setNext("");
    tell(t.security.passwordChanged);
  };
  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      <PasswordInput label={t.security.currentPassword} autoComplete="current-password" required value={current} onChange={(event) => setCurrent(event.currentTarget.value)} />
      <PasswordInput label={t.security.newPassword} description={t.setup.passwordHint} autoComplete="new-password" required minLength={10} value={next} onChange={(event) => setNext(event.currentTarget.value)} />
      <ErrorLine error={act.error} />
      <div><Button type="submit" loading={act.busy}>{t.security.changePassword}</Button></div>
    </form>
  );
}
