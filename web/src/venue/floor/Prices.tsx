/** What time costs here, and the house rules beside it. */

import { Button, Modal, NumberInput, Tabs, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { pricesChangeRule, type PresetShape, type PriceRuleOut } from "@/api";
import { useAct } from "@/client/act";
import { useMay } from "@/client/me";
import { isProblem } from "@/client/problem";
import { Empty, ErrorLine, ErrorState, Loading } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { venue as t } from "../texts";
import { readRules, ruleOf } from "./data";
import { FirstPrice } from "./FirstPrice";
import { HouseRules } from "./HouseRules";
import { exponent, major, minor, money } from "./money";

interface Offer {
  /** Of the row, not of its place: removing one must not move what is typed in another. */
  key: number;
  minutes: number | string;
  amount: number | string;
}

export function Prices({ site, onClose }: { site: string | undefined; onClose: () => void }) {
  // A form stands on what is in force as it opens, not on what this page read when it was loaded.
  const rules = useQuery({ queryKey: ["rules"], queryFn: readRules, refetchOnMount: "always" });
  const read = rules.isFetchedAfterMount ? rules.data : undefined;
  // The house rules are the organization's: who may only price one site leaves them alone.
  const mayRule = useMay()("venue.price.edit");
  const rule = site ? ruleOf(read, site) : undefined;
  return (
    <Modal opened onClose={onClose} title={t.pricesTitle} size="lg">
      <Tabs defaultValue="prices" keepMounted>
        <Tabs.List mb="md">
          <Tabs.Tab value="prices">{t.prices}</Tabs.Tab>
          {mayRule ? <Tabs.Tab value="rules">{t.houseRules}</Tabs.Tab> : null}
        </Tabs.List>
        <Tabs.Panel value="prices">
          {rules.error ? <ErrorState error={rules.error} retry={() => void rules.refetch()} /> : null}
          {!rules.isFetchedAfterMount ? <Loading rows={4} /> : null}
          {read && !site ? <Empty title={t.noSite}>{t.noSiteDetail}</Empty> : null}
          {read && site && !rule ? <FirstPrice site={site} /> : null}
          {rule ? <RuleForm key={rule.id} opened={rule} onClose={onClose} /> : null}
        </Tabs.Panel>
        {mayRule ? <Tabs.Panel value="rules"><HouseRules onClose={onClose} /></Tabs.Panel> : null}
      </Tabs>
    </Modal>
  );
}

function RuleForm({ opened, onClose }: { opened: PriceRuleOut; onClose: () => void }) {
  const queries = useQueryClient();
  const act = useAct();
  // What the form stands on. A newer version that arrives in the background must not pass for what was read here.
  const [stand, setStand] = useState(opened);
  const [theirs, setTheirs] = useState<PriceRuleOut | null>(null);
  const { currency } = opened;
  const digits = exponent(currency);
  const [name, setName] = useState(opened.name);
  const [rate, setRate] = useState<number | string>(major(opened.rate, currency));
  const [offers, setOffers] = useState<Offer[]>(() => opened.presets.map((preset, key) => ({ key, minutes: preset.minutes, amount: major(preset.amount, currency) })));
  const [count, setCount] = useState(opened.presets.length);
  const put = (key: number, change: Partial<Offer>) => setOffers(offers.map((offer) => (offer.key === key ? { ...offer, ...change } : offer)));
  const add = () => {
    setOffers([...offers, { key: count, minutes: "", amount: "" }]);
    setCount(count + 1);
  };
  const twice = offers.find((offer, at) => offer.minutes !== "" && offers.findIndex((other) => Number(other.minutes) === Number(offer.minutes)) < at);
  const presets = (): PresetShape[] => offers.map((offer) => ({ minutes: Number(offer.minutes), amount: minor(offer.amount, currency) })).toSorted((a, b) => a.minutes - b.minutes);
  const save = async () => {
    try {
      await pricesChangeRule({ path: { rule_id: opened.id }, body: { name, rate: minor(rate, currency), presets: presets() }, headers: { "If-Match": `"${stand.version}"` }, throwOnError: true });
    } catch (refused) {
      if (!isProblem(refused, "precondition_failed")) throw refused;
      const newer = (await queries.fetchQuery({ queryKey: ["rules"], queryFn: readRules, staleTime: 0 })).find((one) => one.id === opened.id);
      if (!newer) throw refused;
      setStand(newer);
      setTheirs(newer);
      return;
    }
    for (const key of ["rules", "quote"]) void queries.invalidateQueries({ queryKey: [key] });
    tell(t.priceSaved(money(minor(rate, currency), currency)));
    onClose();
  };
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    setTheirs(null);
    void act.run(save);
  };
  return (
    <form className="stack" style={{ gap: "var(--s4)" }} onSubmit={submit}>
      <div className="row" style={{ alignItems: "flex-end" }}>
        <TextInput className="grow" label={t.priceName} required maxLength={80} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <NumberInput label={t.pricePer} required data-autofocus min={0} w={150} decimalScale={digits} fixedDecimalScale suffix={` ${currency}`} value={rate} onChange={setRate} />
      </div>
      <fieldset className="offers">
        <legend className="label">{t.presets}</legend>
        {offers.map((offer, at) => (
          <div key={offer.key} className="row">
            <NumberInput aria-label={t.presetMinutes(at + 1)} required min={1} max={10_080} allowDecimal={false} w={120} suffix=" min" value={offer.minutes} onChange={(minutes) => put(offer.key, { minutes })} />
            <NumberInput aria-label={t.presetAmount(at + 1)} required min={0} w={150} decimalScale={digits} fixedDecimalScale suffix={` ${currency}`} value={offer.amount} onChange={(amount) => put(offer.key, { amount })} />
            <Button variant="subtle" size="compact-sm" aria-label={t.presetRemove(at + 1)} onClick={() => setOffers(offers.filter((one) => one.key !== offer.key))}>{t.remove}</Button>
          </div>
        ))}
        {offers.length < 12 ? <div><Button variant="subtle" size="compact-sm" onClick={add}>{t.presetAdd}</Button></div> : null}
      </fieldset>
      {twice ? <p className="note is-ending" role="alert">{t.presetTwice(Number(twice.minutes))}</p> : null}
      {theirs ? <p className="note is-ending" role="alert">{told(theirs)}</p> : null}
      <ErrorLine error={act.error} />
      <p className="dim">{t.priceHint}</p>
      <div className="row"><Button type="submit" variant="filled" disabled={twice !== undefined} loading={act.busy}>{t.priceSave}</Button><Button variant="subtle" onClick={onClose}>{t.cancel}</Button></div>
    </form>
  );
}

function told(rule: PriceRuleOut): string {
  const offers = rule.presets.map((preset) => t.offer(preset.minutes, money(preset.amount, rule.currency))).join(", ");
  return t.priceElsewhere(rule.name, money(rule.rate, rule.currency), offers);
}
