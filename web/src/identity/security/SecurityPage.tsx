/** One's own sign-ins, second step and password. */

import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { meEndAllSessions, meEndSession, meListSessions, type AuthSessionOut } from "@/api";
import { useAct } from "@/client/act";
import { t } from "@/texts";
import { StateLamp } from "@/ui/glyphs";
import { Page, Section } from "@/ui/Page";
import { ErrorLine, ErrorState, Loading } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { When } from "@/ui/When";
import { PasswordForm } from "./PasswordForm";
import { SecondStep } from "./SecondStep";
import "./security.css";

/** Milliseconds; a page that is not looked at does not ask. */
const EVERY = 10_000;

export function SecurityPage() {
  return (
    <Page title={t.security.title}>
      <div className="column">
        <Section title={t.security.secondStep}><SecondStep /></Section>
        <Section title={t.security.sessions}><Sessions /></Section>
        <Section title={t.security.password}><PasswordForm /></Section>
      </div>
    </Page>
  );
}

function Sessions() {
  const queries = useQueryClient();
  const sessions = useQuery({
    queryKey: ["sessions"],
    queryFn: async () => (await meListSessions({ throwOnError: true })).data.items,
    // Asked again while it is looked at: an account belongs to no organization, so no topic tells of its sign-ins.
    refetchInterval: EVERY,
    refetchOnWindowFocus: "always",
  });
  const act = useAct();
  const reload = () => queries.invalidateQueries({ queryKey: ["sessions"] });
  if (sessions.error) return <ErrorState error={sessions.error} retry={() => void sessions.refetch()} />;
  if (!sessions.data) return <Loading rows={3} height={52} />;
  const end = (session: AuthSessionOut) =>
    act.run(async () => {
      await meEndSession({ path: { session_id: session.id }, throwOnError: true });
      await reload();
      tell(t.security.ended(session.device));
    });
  const endAll = () =>
    act.run(async () => {
      await meEndAllSessions({ query: { keep_current: true }, throwOnError: true });
      await reload();
      tell(t.security.endedAll);
    });
  const others = sessions.data.filter((session) => !session.current);
  return (
    <>
      <ul className="lines">
        {sessions.data.map((session) => (
          <li key={session.id}>
            <div className="stack" style={{ gap: 2 }}>
              <span className="strong cut">{session.device}</span>
              <span className="dim cut">
                {session.ip} · {t.security.lastUsed} <When time={session.last_used_at} />
                {session.second_factor ? ` · ${t.security.withSecond}` : ""}
              </span>
            </div>
            {session.current ? <StateLamp state="ok" word={t.security.here} /> : <Button onClick={() => void end(session)}>{t.security.end}</Button>}
          </li>
        ))}
      </ul>
      <ErrorLine error={act.error} />
      <div>
        <Button disabled={others.length === 0} loading={act.busy} onClick={() => void endAll()}>{t.security.endAll}</Button>
      </div>
    </>
  );
}
