/** Accepting an invitation: with a new account, or with the one that exists. */

import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { invitationsAccept, invitationsMakeAccount, invitationsShowOffer } from "@/api";
import { useAct } from "@/client/act";
import { choose } from "@/client/organization";
import { begin, fresh } from "@/client/session";
import { access } from "@/access/texts";
import { t } from "@/texts";
import { ErrorLine, ErrorState, Loading } from "@/ui/states";
import { Door } from "./Door";

export function Join() {
  const [token] = useState(() => location.hash.slice(1) || (sessionStorage.getItem("gamekeeper.invitation") ?? ""));
  const offer = useQuery({ queryKey: ["offer", token], queryFn: async () => (await invitationsShowOffer({ body: { token }, throwOnError: true })).data, retry: false });
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [signedIn, setSignedIn] = useState(false);
  const act = useAct();
  const navigate = useNavigate();
  useEffect(() => {
    if (offer.data) setName((now) => now || offer.data.name);
    if (offer.data?.has_account) void fresh().then((session) => setSignedIn(session !== null), () => undefined);
  }, [offer.data]);
  if (offer.error) return <Door title={access.joinGone}><ErrorState error={offer.error} /></Door>;
  if (!offer.data) return <Door title=""><Loading rows={3} /></Door>;
  const arrive = async () => {
    sessionStorage.removeItem("gamekeeper.invitation");
    await navigate({ to: "/" });
    location.reload();
  };
  const accept = () =>
    act.run(async () => {
      const { data } = await invitationsAccept({ body: { token }, throwOnError: true });
      choose(data.organization_id);
      await arrive();
    });
  const make = (event: React.FormEvent) => {
    event.preventDefault();
    void act.run(async () => {
      const { data } = await invitationsMakeAccount({ body: { token, name, password }, throwOnError: true });
      begin(data.signed_in);
      choose(data.organization_id);
      await arrive();
    });
  };
  const toSignIn = () => {
    sessionStorage.setItem("gamekeeper.invitation", token);
    void navigate({ to: "/sign-in", search: { next: "/invitation" } as never });
  };
  return (
    <Door title={access.joinTitle(offer.data.organization)}>
      <p className="dim">{access.joinBy(offer.data.invited_by)} {offer.data.email}</p>
      {offer.data.has_account ? (
        <>
          {signedIn ? <Button variant="filled" loading={act.busy} onClick={() => void accept()}>{access.join}</Button> : <><p>{access.joinSignIn}</p><Button variant="filled" onClick={toSignIn}>{t.signIn.title}</Button></>}
          <ErrorLine error={act.error} />
        </>
      ) : (
        <form className="stack" style={{ gap: "var(--s4)" }} onSubmit={make}>
          <TextInput label={t.setup.name} autoComplete="name" required autoFocus maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <PasswordInput label={access.joinPassword} description={t.setup.passwordHint} autoComplete="new-password" required minLength={10} value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
          <ErrorLine error={act.error} />
          <Button type="submit" variant="filled" loading={act.busy}>{access.join}</Button>
        </form>
      )}
    </Door>
  );
}
