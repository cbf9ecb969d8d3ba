/** The first price, so that time can be sold at all. */

import { Button, NumberInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { organizationsGetOrganization, pricesMakeRule } from "@/api";
import { useAct } from "@/client/act";
import { useMay } from "@/client/me";
import { ErrorLine, Loading } from "@/ui/states";
import { venue as t } from "../texts";
import { exponent, minor } from "./money";
import { atRate } from "./offers";

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
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    const hour = minor(rate, currency);
    const presets = [30, 60, 120].map((minutes) => ({ minutes, amount: atRate(hour, minutes) }));
    await act.run(async () => {
      await pricesMakeRule({ body: { site_id: site, rate: hour, presets }, throwOnError: true });
      await queries.invalidateQueries({ queryKey: ["rules"] });
    });
  };
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      <h2 className="strong">{t.noPrice}</h2>
      <p className="dim">{t.noPriceDetail}</p>
      <NumberInput label={t.pricePer} description={t.presetsHint} min={0} decimalScale={digits} fixedDecimalScale suffix={` ${currency}`} value={rate} onChange={setRate} />
      <ErrorLine error={act.error} />
      <div><Button type="submit" variant="filled" loading={act.busy}>{t.makePrice}</Button></div>
    </form>
  );
}
