/** Two-step sign-in: set up by QR, confirmed by a code, with recovery codes shown once. */

import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { authRemove, authRenewRecoveryCodes, authSetUp, authVerify, type MfaSetupOut } from "@/api";
import { useAct } from "@/client/act";
import { useMe } from "@/client/me";
import { t } from "@/texts";
import { download } from "@/ui/csv";
import { StateLamp } from "@/ui/glyphs";
import { ErrorLine } from "@/ui/states";

type Step = { at: "rest" } | { at: "password" } | { at: "scan"; setup: MfaSetupOut } | { at: "codes"; codes: string[] } | { at: "remove" };

export function SecondStep() {
  const me = useMe();
  const queries = useQueryClient();
  const [step, setStep] = useState<Step>({ at: "rest" });
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const act = useAct();
  const rest = () => {
    setPassword("");
    setCode("");
    act.clear();
    setStep({ at: "rest" });
    void queries.invalidateQueries({ queryKey: ["me"] });
  };
  const on = (work: () => Promise<Step>) => (event: React.FormEvent) => {
    event.preventDefault();
    void act.run(async () => {
      const next = await work();
      setCode("");
      setStep(next);
      void queries.invalidateQueries({ queryKey: ["me"] });
    });
  };
  const begin = on(async () => ({ at: "scan", setup: (await authSetUp({ body: { password }, throwOnError: true })).data }));
  const confirm = on(async () => ({ at: "codes", codes: (await authVerify({ body: { code }, throwOnError: true })).data.recovery_codes }));
  const renew = on(async () => ({ at: "codes", codes: (await authRenewRecoveryCodes({ body: { code }, throwOnError: true })).data.recovery_codes }));
  const remove = on(async () => {
    await authRemove({ body: { code, password }, throwOnError: true });
    return { at: "rest" };
  });
  const passwordField = <PasswordInput label={t.security.currentPassword} autoComplete="current-password" required autoFocus value={password} onChange={(event) => setPassword(event.currentTarget.value)} />;
  const codeField = <TextInput label={t.signIn.code} inputMode="numeric" autoComplete="one-time-code" required value={code} onChange={(event) => setCode(event.currentTarget.value)} />;
  const buttons = (label: string) => (
    <div className="row">
      <Button type="submit" variant="filled" loading={act.busy}>{label}</Button>
      <Button variant="subtle" onClick={rest}>{t.security.cancel}</Button>
    </div>
  );
  if (step.at === "password") return <form className="form" onSubmit={begin}>{passwordField}<ErrorLine error={act.error} />{buttons(t.security.continue)}</form>;
  if (step.at === "scan") {
    return (
      <form className="form" onSubmit={confirm}>
        <p className="dim">{t.security.scan}</p>
        <span className="qr"><img alt={t.security.qr} src={`data:image/svg+xml,${encodeURIComponent(step.setup.qr_svg)}`} /></span>
        <p className="dim">{t.security.orType} <span className="mono">{step.setup.secret}</span></p>
        {codeField}
        <ErrorLine error={act.error} />
        {buttons(t.signIn.confirm)}
      </form>
    );
  }
  if (step.at === "codes") {
    return (
      <div className="form">
        <p>{t.security.codesOnce}</p>
        <div className="codes">{step.codes.map((one) => <span key={one}>{one}</span>)}</div>
        <div className="row">
          <Button onClick={() => download("gamekeeper-recovery-codes.txt", step.codes.join("\n"), "text/plain")}>{t.security.saveCodes}</Button>
          <Button variant="filled" onClick={rest}>{t.security.savedCodes}</Button>
        </div>
      </div>
    );
  }
  if (step.at === "remove") return <form className="form" onSubmit={remove}>{passwordField}{codeField}<ErrorLine error={act.error} />{buttons(t.security.removeSecond)}</form>;
  if (!me.mfa_enabled) {
    return (
      <>
        <StateLamp state={me.mfa_required ? "fault" : "free"} word={me.mfa_required ? t.security.secondRequired : t.security.secondOff} />
        <p className="dim">{t.security.secondWhy}</p>
        <div><Button variant={me.mfa_required ? "filled" : "default"} onClick={() => setStep({ at: "password" })}>{t.security.setUpSecond}</Button></div>
      </>
    );
  }
  return (
    <>
      <StateLamp state="ok" word={t.security.secondOn} />
      <p className="dim">{t.security.codesLeft(me.recovery_codes_left)}</p>
      <form className="form" onSubmit={renew}>
        {codeField}
        <ErrorLine error={act.error} />
        <div className="row">
          <Button type="submit" loading={act.busy}>{t.security.renewCodes}</Button>
          <Button variant="subtle" onClick={() => setStep({ at: "remove" })}>{t.security.removeSecond}</Button>
        </div>
      </form>
    </>
  );
}
