/** The states that are no content: empty, loading, failed. */

import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { problemOf } from "@/client/problem";
import { t } from "@/texts";
import { Glyph } from "./glyphs";
import "./states.css";

/** Says what will be here, and offers the one act that fills it. */
export function Empty({ title, children, act }: { title: string; children?: ReactNode; act?: ReactNode }) {
  return (
    <div className="blank">
      <h2>{title}</h2>
      {children ? <p className="dim">{children}</p> : null}
      {act}
    </div>
  );
}

/** What one may not see: which permission is missing, and who can give it. Trying again would not help. */
export function Refusal({ title, permissions, act }: { title: string; permissions: readonly string[]; act?: ReactNode }) {
  return (
    <div className="blank" role="status">
      <h2>{title}</h2>
      <p className="dim">{t.error.missing} <span className="mono">{permissions.join(", ")}</span>. {t.error.askForIt}</p>
      {act}
    </div>
  );
}

/** What happened, what to do, what was kept; the code in small. */
export function ErrorState({ error, retry, kept }: { error: unknown; retry?: () => void; kept?: string }) {
  const problem = problemOf(error);
  if (problem.status === 403 && typeof problem.permission === "string") return <Refusal title={t.error.refused} permissions={[problem.permission]} />;
  // Asking again would not help; but it is no fault either.
  if (problem.status === 404) return <Empty title={t.error.gone}>{t.error.goneDetail}</Empty>;
  return (
    <div className="blank" role="alert">
      <h2 className="row is-fault"><Glyph state="fault" size={16} /> {t.error.heading}</h2>
      <p>{problem.detail}</p>
      <p className="dimmer">{kept ?? t.error.kept} <span className="mono">{problem.code}</span></p>
      {retry && problem.status !== 403 ? <Button onClick={retry}>{t.error.again}</Button> : null}
    </div>
  );
}

/** One line where a form or an act failed. */
export function ErrorLine({ error }: { error: unknown }) {
  if (!error) return null;
  const problem = problemOf(error);
  return (
    <p className="note is-fault" role="alert">
      {problem.detail} <span className="mono dimmer">{problem.code}</span>
    </p>
  );
}

/** Beside a draft: what somebody else made of the same thing meanwhile. */
export function Elsewhere({ what, facts }: { what: string; facts: string }) {
  return <p className="note is-ending" role="alert">{t.error.elsewhere(what, facts)}</p>;
}

/** The frame of what is coming: lines of the height that the content will have. */
export function Loading({ rows = 8, height = 40 }: { rows?: number; height?: number }) {
  return (
    <div aria-busy="true" aria-live="polite">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="ghost" style={{ height }} />
      ))}
    </div>
  );
}
