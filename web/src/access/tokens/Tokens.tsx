/** API tokens: made with a part of one's own rights, shown once. */

import { Button, CopyButton, Modal, MultiSelect, Select, TagsInput, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { tokensCreateToken, tokensListTokens, tokensRevokeToken, type TokenOut } from "@/api";
import { useAct } from "@/client/act";
import { idempotencyKey } from "@/client/configure";
import { useMe } from "@/client/me";
import { ErrorLine, ErrorState, Loading } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { When } from "@/ui/When";
import { usePermissions } from "../data";
import { access as t } from "../texts";

export function Tokens() {
  const queries = useQueryClient();
  const tokens = useQuery({ queryKey: ["tokens"], queryFn: async () => (await tokensListTokens({ query: { limit: 200 }, throwOnError: true })).data.items });
  const [making, setMaking] = useState(false);
  const act = useAct();
  const reload = () => queries.invalidateQueries({ queryKey: ["tokens"] });
  const revoke = (token: TokenOut) =>
    act.run(async () => {
      await tokensRevokeToken({ path: { token_id: token.id }, throwOnError: true });
      await reload();
      tell(t.tokenRevoked(token.name));
    });
  if (tokens.error) return <ErrorState error={tokens.error} retry={() => void tokens.refetch()} />;
  if (!tokens.data) return <Loading rows={2} height={52} />;
  return (
    <>
      {tokens.data.length === 0 ? <p className="dim">{t.noTokensDetail}</p> : null}
      <ul className="lines">
        {tokens.data.map((token) => (
          <li key={token.id}>
            <div className="stack" style={{ gap: 2 }}>
              <span className="strong cut">{token.name} <span className="mono dimmer">{token.hint}…</span></span>
              <span className="dim cut">{token.permissions.length} · {t.tokenUsed} <When time={token.last_used_at} />{token.expires_at ? <> · {t.ends} <When time={token.expires_at} /></> : null}</span>
            </div>
            <Button onClick={() => void revoke(token)}>{t.tokenRevoke}</Button>
          </li>
        ))}
      </ul>
      <ErrorLine error={act.error} />
      <div><Button onClick={() => setMaking(true)}>{t.newToken}</Button></div>
      {making ? <TokenDialog onClose={() => { setMaking(false); void reload(); }} /> : null}
    </>
  );
}

function TokenDialog({ onClose }: { onClose: () => void }) {
  const me = useMe();
  const permissions = usePermissions();
  const [name, setName] = useState("");
  const [may, setMay] = useState<string[]>([]);
  const [days, setDays] = useState<string | null>("90");
  const [networks, setNetworks] = useState<string[]>([]);
  const [made, setMade] = useState<string | null>(null);
  const [key] = useState(idempotencyKey);
  const act = useAct();
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    void act.run(async () => {
      const expires_at = days && days !== "never" ? new Date(Date.now() + Number(days) * 86_400_000).toISOString() : null;
      const { data } = await tokensCreateToken({ body: { name, permissions: may, expires_at, networks }, headers: { "idempotency-key": key }, throwOnError: true });
      setMade(data.token);
    });
  };
  if (made) {
    return (
      <Modal opened onClose={onClose} title={name}>
        <div className="stack" style={{ gap: "var(--s4)" }}>
          <p>{t.tokenOnce}</p>
          <code className="mono" style={{ overflowWrap: "anywhere" }}>{made}</code>
          <div><CopyButton value={made}>{({ copied, copy }) => <Button variant="filled" data-autofocus onClick={copy}>{copied ? t.copied : t.tokenCopy}</Button>}</CopyButton></div>
        </div>
      </Modal>
    );
  }
  const offered = permissions.data?.filter((one) => me.permissions.includes(one.value)) ?? [];
  return (
    <Modal opened onClose={onClose} title={t.newToken}>
      <form className="stack" style={{ gap: "var(--s3)" }} onSubmit={submit}>
        <TextInput label={t.tokenName} required maxLength={100} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <MultiSelect label={t.grantPermissions} searchable required={may.length === 0} data={offered.map((one) => ({ value: one.value, label: one.meaning }))} value={may} onChange={setMay} />
        <Select label={t.tokenExpires} data={["30", "90", "365", "never"].map((value) => ({ value, label: t.tokenDays[value] ?? value }))} value={days} onChange={setDays} />
        <TagsInput label={t.tokenNetworks} description={t.tokenNetworksHint} value={networks} onChange={setNetworks} />
        <ErrorLine error={act.error} />
        <div><Button type="submit" variant="filled" loading={act.busy} disabled={may.length === 0}>{t.tokenMake}</Button></div>
      </form>
    </Modal>
  );
}
