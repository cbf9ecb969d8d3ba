/** The price of an hour at a site and the offers beside it, true while others change them too. */

import { Button, NumberInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { pricesChangeRule, type PriceRuleOut } from "@/api";
import { useAct } from "@/client/act";
import { useDraft } from "@/ui/draft";
import { Elsewhere, ErrorLine } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { venue as t } from "../texts";
import { readRules, ruleOf } from "./data";
import { exponent, major, minor, money, MOST, wrongPrice } from "./money";
import { amountOf, bodyOf, draftOf, MOST_MINUTES, twice, withOffer, wrongOffer, type Offer } from "./offers";

export function PriceForm({ inForce, onClose }: { inForce: PriceRuleOut; onClose: () => void }) {
  const queries = useQueryClient();
  const act = useAct();
  const { currency } = inForce;
  const digits = exponent(currency);
  const { draft, stand, theirs, set, save } = useDraft(inForce, draftOf, (typed) => bodyOf(typed, currency));
  const put = (key: number, change: Partial<Offer>) => set({ offers: draft.offers.map((offer) => (offer.key === key ? { ...offer, ...change } : offer)) });
  const doubled = twice(draft.offers);
  const wrongRate = wrongPrice(draft.rate, currency);
  const wrongOffers = draft.offers.flatMap((offer, at) => {
    const wrong = wrongOffer(offer, draft, currency);
    return wrong ? [t.offerWrong(at + 1, wrong === "minutes" ? t.minutesWrong(MOST_MINUTES) : t.priceWrong[wrong](money(MOST, currency)))] : [];
  });
  const wrong = doubled !== undefined || wrongRate !== undefined || wrongOffers.length > 0;
  const keep = async () => {
    const sent = await save(
      (headers) => pricesChangeRule({ path: { rule_id: stand.id }, body: bodyOf(draft, currency), headers, throwOnError: true }),
      async () => ruleOf(await queries.fetchQuery({ queryKey: ["rules"], queryFn: readRules, staleTime: 0 }), stand.site_id),
    );
    if (!sent) return;
    for (const key of ["rules", "quote"]) void queries.invalidateQueries({ queryKey: [key] });
    tell(t.priceSaved(money(minor(draft.rate, currency), currency)));
    onClose();
  };
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    if (!wrong) void act.run(keep);
  };
  return (
    <form className="stack" style={{ gap: "var(--s4)" }} onSubmit={submit}>
      <div className="row" style={{ alignItems: wrongRate ? "flex-start" : "flex-end" }}>
        <TextInput className="grow" label={t.priceName} required maxLength={80} value={draft.name} onChange={(event) => set({ name: event.currentTarget.value })} />
        <NumberInput label={t.pricePer} required data-autofocus error={wrongRate && t.priceWrong[wrongRate](money(MOST, currency))} min={0} clampBehavior="none" w={150} decimalScale={digits} fixedDecimalScale suffix={` ${currency}`} value={draft.rate} onChange={(rate) => set({ rate })} />
      </div>
      <fieldset className="offers">
        <legend className="label">{t.presets}</legend>
        {draft.offers.map((offer, at) => (
          <div key={offer.key} className="row">
            <NumberInput aria-label={t.presetMinutes(at + 1)} required min={1} max={MOST_MINUTES} clampBehavior="none" allowDecimal={false} w={120} suffix=" min" value={offer.minutes} onChange={(minutes) => put(offer.key, { minutes })} />
            <NumberInput aria-label={t.presetAmount(at + 1)} min={0} clampBehavior="none" w={150} decimalScale={digits} fixedDecimalScale suffix={` ${currency}`} value={offer.amount ?? (offer.minutes === "" || wrongRate ? "" : major(amountOf(offer, draft, currency), currency))} onChange={(amount) => put(offer.key, { amount })} onBlur={() => { if (offer.amount === "") put(offer.key, { amount: null }); }} />
            <Button variant="subtle" size="compact-sm" aria-label={t.presetRemove(at + 1)} onClick={() => set({ offers: draft.offers.filter((one) => one.key !== offer.key) })}>{t.remove}</Button>
          </div>
        ))}
        {draft.offers.length < 12 ? <div><Button variant="subtle" size="compact-sm" onClick={() => set({ offers: withOffer(draft) })}>{t.presetAdd}</Button></div> : null}
        <p className="dim">{t.presetsFollow}</p>
      </fieldset>
      {doubled === undefined ? null : <p className="note is-ending" role="alert">{t.presetTwice(doubled)}</p>}
      {wrongOffers.map((said) => <p key={said} className="note is-ending" role="alert">{said}</p>)}
      {theirs ? <Elsewhere what={t.thisPrice} facts={told(theirs)} /> : null}
      <ErrorLine error={act.error} />
      <p className="dim">{t.priceHint}</p>
      <div className="row"><Button type="submit" variant="filled" disabled={wrong} loading={act.busy}>{t.priceSave}</Button><Button variant="subtle" onClick={onClose}>{t.cancel}</Button></div>
    </form>
  );
}

function told(rule: PriceRuleOut): string {
  const offers = rule.presets.map((preset) => t.offer(preset.minutes, money(preset.amount, rule.currency))).join(", ");
  return t.priceNow(rule.name, money(rule.rate, rule.currency), offers);
}
