/** The first price, so that time can be sold at all. */

import { Button, NumberInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { organizationsGetOrganization, pricesMakeRule } from "@/api";
import { useAct } from "@/client/act";
import { useMay } from "@/client/me";
import { ErrorLine, Loading } from "@/ui/states";
import { venue as t } from "../texts";
import { exponent, minor, money, MOST, wrongPrice } from "./money";

const OFFERED = [30, 60, 120];
/** The longest offer costs more than an hour, and is a price like any other. */
const MOST_HOUR = (MOST * 60) / Math.max(...OFFERED);

export function FirstPrice({ site }: { site: string }) {
  const may = useMay();
  const queries = useQueryClient();
  const act = useAct();
  const organization = useQuery({ queryKey: ["organization"], queryFn: async () => (await organizationsGetOrganization({ throwOnError: true })).data });
  const currency = organization.data?.currency;
  const [rate, setRate] = useState<number | string>(4.5);
  if (!may("venue.price.edit", { id: site })) return <p className="dim">{t.noPriceDetail}</p>;
  if (organization.error) return <ErrorLine error={organization.error} />;
  if (!currency) return <Loading rows={2} />;
  const digits = exponent(currency);
  const wrong = wrongPrice(rate, currency, MOST_HOUR);
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (wrong) return;
    await act.run(async () => {
      await pricesMakeRule({ body: { site_id: site, rate: minor(rate, currency), presets: OFFERED.map((minutes) => ({ minutes })) }, throwOnError: true });
      await queries.invalidateQueries({ queryKey: ["rules"] });
    });
  };
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      <h2 className="strong">{t.noPrice}</h2>
      <p className="dim">{t.noPriceDetail}</p>
      <NumberInput label={t.pricePer} description={t.presetsHint} error={wrong && t.priceWrong[wrong](money(MOST_HOUR, currency))} min={0} clampBehavior="none" decimalScale={digits} fixedDecimalScale suffix={` ${currency}`} value={rate} onChange={setRate} />
      <ErrorLine error={act.error} />
      <div><Button type="submit" variant="filled" disabled={wrong !== undefined} loading={act.busy}>{t.makePrice}</Button></div>
    </form>
  );
}
