/** One event in full: what happened to what, by whom, and its facts in words. */

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { deviceGroupsListGroups, organizationsGetOrganization, type EventOut } from "@/api";
import { useMay } from "@/client/me";
import { useSites } from "@/client/site";
import { useDeviceNames } from "@/fleet/devices/data";
import { about, sentence, thing } from "@/texts/events";
import { devicesOf, factsOf } from "@/texts/facts";
import type { About } from "@/texts/formats";
import { Facts, Section } from "@/ui/Page";
import { Moment } from "@/ui/When";
import { usePermissions } from "../data";
import { access as t } from "../texts";

export function EventPanel({ event, set }: { event: EventOut; set: (change: { subject?: string; actor?: string; event?: string }) => void }) {
  const facts = factsOf(event, useAbout(event));
  return (
    <>
      <Section>
        <h2>{sentence(event.type)}</h2>
        <span className="mono dimmer">{event.type}</span>
        <span className="dim"><Moment time={event.created_at} /></span>
      </Section>
      <Section>
        <Facts rows={[[t.thing, thing(event) || event.subject_id], [t.who, event.actor_label], [t.where, event.ip], [t.request, event.request_id && <span key="r" className="mono">{event.request_id}</span>]]} />
        <div className="row">
          <Button onClick={() => set({ subject: event.subject_id, event: undefined })}>{t.thing}: {about(event) || "…"}</Button>
          {event.actor_id ? <Button onClick={() => set({ actor: event.actor_id ?? undefined, event: undefined })}>{t.who}: {event.actor_label}</Button> : null}
        </div>
      </Section>
      {facts.length > 0 ? <Section title={t.what}><Facts rows={facts.map((fact) => [fact.label, fact.code ? <span key={fact.label} className="mono">{fact.text}</span> : fact.text] as const)} /></Section> : null}
    </>
  );
}

/** The organization's currency, and the names of what events point to, as far as the reader may see them. */
function useAbout(event: EventOut): About {
  const may = useMay();
  const organization = useQuery({ queryKey: ["organization"], queryFn: async () => (await organizationsGetOrganization({ throwOnError: true })).data });
  const groups = useQuery({ queryKey: ["groups"], queryFn: async () => (await deviceGroupsListGroups({ throwOnError: true })).data, enabled: may("fleet.device.view") });
  const sites = useSites();
  const permissions = usePermissions();
  const devices = useDeviceNames(devicesOf(event));
  const places = [...(sites.data ?? []), ...(groups.data ?? [])].map((one) => [one.id, one.name] as const);
  const rights = (permissions.data ?? []).map((one) => [one.value, one.meaning] as const);
  return { currency: organization.data?.currency, names: new Map([...places, ...rights, ...devices]) };
}
