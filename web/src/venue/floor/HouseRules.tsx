/** The house rules: what holds for every session that begins from now on. */

import { Button, NumberInput, Radio, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { pricesChangePolicy, pricesReadPolicy, type EarlyEnd, type PolicyOut } from "@/api";
import { useAct } from "@/client/act";
import { isProblem } from "@/client/problem";
import { ErrorLine, ErrorState, Loading } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { venue as t } from "../texts";
import { minutesOf, timeOf, warnings } from "./house";

const KEY = ["venue policy"];

async function readPolicy(): Promise<PolicyOut> {
  return (await pricesReadPolicy({ throwOnError: true })).data;
}

export function HouseRules({ onClose }: { onClose: () => void }) {
  const policy = useQuery({ queryKey: KEY, queryFn: readPolicy, refetchOnMount: "always" });
  if (policy.error) return <ErrorState error={policy.error} retry={() => void policy.refetch()} />;
  if (!policy.data || !policy.isFetchedAfterMount) return <Loading rows={5} />;
  return <PolicyForm opened={policy.data} onClose={onClose} />;
}

function PolicyForm({ opened, onClose }: { opened: PolicyOut; onClose: () => void }) {
  const queries = useQueryClient();
  const act = useAct();
  const [stand, setStand] = useState(opened);
  const [theirs, setTheirs] = useState<PolicyOut | null>(null);
  const [early, setEarly] = useState<EarlyEnd>(opened.early_end);
  const [warn, setWarn] = useState(() => warningText(opened));
  const [grace, setGrace] = useState<number | string>(opened.grace_seconds / 60);
  const [cap, setCap] = useState<number | string>(opened.offline_cap_seconds / 60);
  const [day, setDay] = useState(timeOf(opened.business_day_minutes));
  const seconds = warnings(warn);
  const begins = minutesOf(day);
  const save = async () => {
    if (seconds === null || begins === null) return;
    const body = { early_end: early, warning_seconds: seconds, grace_seconds: Math.round(Number(grace) * 60), offline_cap_seconds: Math.round(Number(cap) * 60), business_day_minutes: begins };
    try {
      await pricesChangePolicy({ body, headers: { "If-Match": `"${stand.version}"` }, throwOnError: true });
    } catch (refused) {
      if (!isProblem(refused, "precondition_failed")) throw refused;
      const newer = await queries.fetchQuery({ queryKey: KEY, queryFn: readPolicy, staleTime: 0 });
      setStand(newer);
      setTheirs(newer);
      return;
    }
    void queries.invalidateQueries({ queryKey: KEY });
    tell(t.rulesSaved);
    onClose();
  };
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    setTheirs(null);
    void act.run(save);
  };
  return (
    <form className="stack" style={{ gap: "var(--s4)" }} onSubmit={submit}>
      <Radio.Group label={t.earlyEnd} value={early} onChange={(value) => setEarly(value as EarlyEnd)}>
        <div className="stack" style={{ marginTop: "var(--s2)" }}>
          <Radio value="refund" label={t.earlyEnds.refund} />
          <Radio value="burn" label={t.earlyEnds.burn} />
        </div>
      </Radio.Group>
      <TextInput label={t.warnAt} description={t.warnHint} placeholder="5, 1" inputMode="decimal" value={warn} error={seconds === null ? t.warnWrong : undefined} onChange={(event) => setWarn(event.currentTarget.value)} />
      <NumberInput label={t.grace} description={t.graceHint} required min={0} max={60} decimalScale={2} suffix=" min" value={grace} onChange={setGrace} />
      <NumberInput label={t.offlineCap} description={t.offlineCapHint} required min={1} max={1440} decimalScale={2} suffix=" min" value={cap} onChange={setCap} />
      <TextInput type="time" label={t.businessDay} description={t.businessDayHint} required value={day} onChange={(event) => setDay(event.currentTarget.value)} />
      {theirs ? <p className="note is-ending" role="alert">{told(theirs)}</p> : null}
      <ErrorLine error={act.error} />
      <p className="dim">{t.rulesHint}</p>
      <div className="row"><Button type="submit" variant="filled" disabled={seconds === null || begins === null} loading={act.busy}>{t.rulesSave}</Button><Button variant="subtle" onClick={onClose}>{t.cancel}</Button></div>
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
  return t.rulesElsewhere(facts.join("; "));
}
