/** The house rules: what holds for every session that begins from now on. */

import { Button, NumberInput, Radio, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { pricesChangePolicy, pricesReadPolicy, type EarlyEnd, type PolicyOut } from "@/api";
import { useAct } from "@/client/act";
import { useLive } from "@/realtime/hooks";
import { useDraft } from "@/ui/draft";
import { Elsewhere, ErrorLine, ErrorState, Loading } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { venue as t } from "../texts";
import { minutesOf, timeOf, warnings } from "./house";

const KEY = ["venue policy"];

async function readPolicy(): Promise<PolicyOut> {
  return (await pricesReadPolicy({ throwOnError: true })).data;
}

interface HouseDraft {
  early: EarlyEnd;
  warn: string;
  /** Minutes, as are `cap`'s. */
  grace: number | string;
  cap: number | string;
  day: string;
}

export function HouseRules({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const reload = () => void queries.invalidateQueries({ queryKey: KEY });
  useLive(["venue-policy"], (frame) => { if (frame.event.startsWith("venue-policy:")) reload(); }, reload);
  const policy = useQuery({ queryKey: KEY, queryFn: readPolicy, refetchOnMount: "always" });
  const read = policy.isFetchedAfterMount ? policy.data : undefined;
  return (
    <>
      {policy.error ? <ErrorState error={policy.error} retry={() => void policy.refetch()} /> : null}
      {!policy.isFetchedAfterMount ? <Loading rows={5} /> : null}
      {read ? <PolicyForm inForce={read} onClose={onClose} /> : null}
    </>
  );
}

function draftOf(policy: PolicyOut): HouseDraft {
  return { early: policy.early_end, warn: warningText(policy), grace: policy.grace_seconds / 60, cap: policy.offline_cap_seconds / 60, day: timeOf(policy.business_day_minutes) };
}

function bodyOf({ early, warn, grace, cap, day }: HouseDraft) {
  return { early_end: early, warning_seconds: warnings(warn), grace_seconds: Math.round(Number(grace) * 60), offline_cap_seconds: Math.round(Number(cap) * 60), business_day_minutes: minutesOf(day) };
}

function PolicyForm({ inForce, onClose }: { inForce: PolicyOut; onClose: () => void }) {
  const queries = useQueryClient();
  const act = useAct();
  const { draft, theirs, set, save } = useDraft(inForce, draftOf, bodyOf);
  const body = bodyOf(draft);
  const { warning_seconds, business_day_minutes } = body;
  const keep = async () => {
    if (warning_seconds === null || business_day_minutes === null) return;
    const sent = await save(
      (headers) => pricesChangePolicy({ body: { ...body, warning_seconds, business_day_minutes }, headers, throwOnError: true }),
      () => queries.fetchQuery({ queryKey: KEY, queryFn: readPolicy, staleTime: 0 }),
    );
    if (!sent) return;
    void queries.invalidateQueries({ queryKey: KEY });
    tell(t.rulesSaved);
    onClose();
  };
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    void act.run(keep);
  };
  return (
    <form className="stack" style={{ gap: "var(--s4)" }} onSubmit={submit}>
      <Radio.Group label={t.earlyEnd} value={draft.early} onChange={(value) => set({ early: value as EarlyEnd })}>
        <div className="stack" style={{ marginTop: "var(--s2)" }}>
          <Radio value="refund" label={t.earlyEnds.refund} />
          <Radio value="burn" label={t.earlyEnds.burn} />
        </div>
      </Radio.Group>
      <TextInput label={t.warnAt} description={t.warnHint} placeholder="5, 1" inputMode="decimal" value={draft.warn} error={warning_seconds === null ? t.warnWrong : undefined} onChange={(event) => set({ warn: event.currentTarget.value })} />
      <NumberInput label={t.grace} description={t.graceHint} required min={0} max={60} decimalScale={2} suffix=" min" value={draft.grace} onChange={(grace) => set({ grace })} />
      <NumberInput label={t.offlineCap} description={t.offlineCapHint} required min={1} max={1440} decimalScale={2} suffix=" min" value={draft.cap} onChange={(cap) => set({ cap })} />
      <TextInput type="time" label={t.businessDay} description={t.businessDayHint} required value={draft.day} onChange={(event) => set({ day: event.currentTarget.value })} />
      {theirs ? <Elsewhere what={t.theRules} facts={told(theirs)} /> : null}
      <ErrorLine error={act.error} />
      <p className="dim">{t.rulesHint}</p>
      <div className="row"><Button type="submit" variant="filled" disabled={warning_seconds === null || business_day_minutes === null} loading={act.busy}>{t.rulesSave}</Button><Button variant="subtle" onClick={onClose}>{t.cancel}</Button></div>
    </form>
  );
}

function warningText(policy: PolicyOut): string {
  return policy.warning_seconds.map((second) => String(second / 60)).join(", ");
}

function told(policy: PolicyOut): string {
  const facts = [
    t.earlyEnds[policy.early_end],
    `${t.warnAt} ${warningText(policy) || "–"}`,
    `${t.grace} ${policy.grace_seconds / 60} min`,
    `${t.offlineCap} ${policy.offline_cap_seconds / 60} min`,
    `${t.businessDay} ${timeOf(policy.business_day_minutes)}`,
  ];
  return facts.join("; ");
}
