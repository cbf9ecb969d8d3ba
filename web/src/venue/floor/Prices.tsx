/** What time costs here, and the house rules beside it. */

import { Modal, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMay } from "@/client/me";
import { Empty, ErrorState, Loading } from "@/ui/states";
import { venue as t } from "../texts";
import { readRules, ruleOf } from "./data";
import { FirstPrice } from "./FirstPrice";
import { HouseRules } from "./HouseRules";
import { PriceForm } from "./PriceForm";

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
          {rule ? <PriceForm key={site} inForce={rule} onClose={onClose} /> : null}
        </Tabs.Panel>
        {mayRule ? <Tabs.Panel value="rules"><HouseRules onClose={onClose} /></Tabs.Panel> : null}
      </Tabs>
    </Modal>
  );
}
