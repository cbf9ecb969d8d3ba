/** Signing in, with the second step where there is one. */

import { Button, PasswordInput, TextInput } from "@mantine/core";
import { Link, useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { authLogin } from "@/api";
import { isProblem } from "@/client/problem";
import { begin, wasSignedIn } from "@/client/session";
import { t } from "@/texts";
import { ErrorLine } from "@/ui/states";
import { Door } from "./Door";

export function SignIn() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [thrown] = useState(wasSignedIn);
  const { next } = useSearch({ strict: false }) as { next?: string };
  const navigate = useNavigate();
  const router = useRouter();
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const { data } = await authLogin({ body: { email, password, code: code || undefined }, throwOnError: true });
      begin(data);
      if (next) router.history.push(next);
      else await navigate({ to: "/" });
    } catch (refused) {
      if (isProblem(refused, "mfa_required")) setCode("");
      else setError(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Door title={t.signIn.title}>
      {next && !error && thrown ? <p className="dim">{t.signIn.expired}</p> : null}
      <form className="stack" style={{ gap: "var(--s4)" }} onSubmit={(event) => void submit(event)}>
        {code === null ? (
          <>
            <TextInput label={t.signIn.email} type="email" autoComplete="username" required autoFocus value={email} onChange={(event) => setEmail(event.currentTarget.value)} />
            <PasswordInput label={t.signIn.password} autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
          </>
        ) : (
          <TextInput label={t.signIn.code} description={t.signIn.codeHint} autoComplete="one-time-code" inputMode="numeric" required autoFocus value={code} onChange={(event) => setCode(event.currentTarget.value)} />
        )}
        <ErrorLine error={error} />
        <Button type="submit" variant="filled" loading={busy}>{code === null ? t.signIn.submit : t.signIn.confirm}</Button>
        {code === null ? null : <Button variant="subtle" onClick={() => setCode(null)}>{t.signIn.back}</Button>}
      </form>
      {code === null ? <Link to="/forgotten">{t.signIn.forgotten}</Link> : null}
    </Door>
  );
}
