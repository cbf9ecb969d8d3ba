/** One entry of the books: both sides of it, who made it, and the fact that it stands for. */

import { Button } from "@mantine/core";
import type { EntryOut } from "@/api";
import { Key } from "@/ui/Key";
import { Facts, Section } from "@/ui/Page";
import { Moment } from "@/ui/When";
import { money } from "../floor/money";
import { venue as t } from "../texts";
import { moved, plain } from "./accounts";
import { kindOf } from "./kinds";
import "../bill.css";

export function EntryPanel({ entry, site, reverses, onOpen, onSession, onClose }: { entry: EntryOut; site?: string; reverses?: EntryOut; onOpen: (id: string) => void; onSession?: (id: string) => void; onClose: () => void }) {
  const { amount, currency } = moved(entry);
  const session = entry.subject_id;
  return (
    <>
      <Section>
        <div className="row between">
          <div className="stack" style={{ gap: 0 }}>
            <span className="clock">{money(amount, currency)}</span>
            <span className="strong">{kindOf(entry.kind)}</span>
            <span className="dim">{entry.reason}</span>
          </div>
          <Button variant="subtle" size="compact-sm" onClick={onClose}><Key keys="Escape" /></Button>
        </div>
      </Section>
      <Section title={t.postings}>
        <table className="bill">
          <thead><tr className="dimmer"><td>{t.account}</td><td className="num">{t.debit}</td><td className="num">{t.credit}</td></tr></thead>
          <tbody>
            {entry.postings.map((posting, at) => (
              <tr key={at}>
                <td>{plain(posting.account)}<br /><span className="mono dimmer breaks">{posting.account}</span></td>
                <td className="num">{posting.amount > 0 ? money(posting.amount, posting.currency) : ""}</td>
                <td className="num">{posting.amount < 0 ? money(0 - posting.amount, posting.currency) : ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Section>
      <Section>
        <Facts
          rows={[
            [t.postedAt, <Moment key="at" time={entry.posted_at} site={entry.site_id} />],
            [t.day, entry.business_day],
            [t.by, entry.actor_label],
            ...(site ? [[t.site, site] as const] : []),
            [t.fact, <span key="fact" className="mono dim">{entry.key}</span>],
          ]}
        />
        <div className="row">
          {reverses ? <Button onClick={() => onOpen(reverses.id)}>{t.reverses}</Button> : null}
          {session && onSession ? <Button onClick={() => onSession(session)}>{t.sameSession}</Button> : null}
        </div>
      </Section>
    </>
  );
}
