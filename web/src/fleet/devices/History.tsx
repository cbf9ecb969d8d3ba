/** What happened to a device, newest first and live: who did what, and when it came and went. */

import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { eventsListEvents, type DeviceOut, type EventOut } from "@/api";
import { useLive } from "@/realtime/hooks";
import { sentence } from "@/texts/events";
import { Section } from "@/ui/Page";
import { ErrorLine, Loading } from "@/ui/states";
import { bounds, type Range } from "@/ui/TimeRange";
import { When } from "@/ui/When";
import { fleet as t } from "../texts";
import { because } from "./DevicePanel";

const MOST = 30;

export function History({ device, range }: { device: DeviceOut; range: Range }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const key = ["device events", device.id, range];
  const span = bounds(range);
  const events = useQuery({
    queryKey: key,
    queryFn: async () => {
      const query = { subject: device.id, quiet: true, limit: MOST, from: span ? new Date(span.from).toISOString() : undefined };
      return (await eventsListEvents({ query, throwOnError: true })).data.items;
    },
  });
  const reload = () => void queries.invalidateQueries({ queryKey: ["device events", device.id] });
  useLive([`device:${device.id}`], (frame) => { if (frame.id) reload(); }, reload);
  return (
    <Section title={t.history} action={<Button variant="subtle" size="compact-sm" onClick={() => void navigate({ to: "/audit", search: { subject: device.id } as never })}>{t.wholeHistory}</Button>}>
      {events.isPending ? <Loading rows={4} /> : null}
      <ErrorLine error={events.error} />
      {events.data?.length === 0 ? <p className="dim">{t.noHistory}</p> : null}
      <ol className="history">
        {events.data?.map((event) => (
          <li key={event.id}>
            <span className="dimmer nowrap"><When time={event.created_at} /></span>
            <span className="grow">{said(event)}</span>
            <span className="dim cut">{event.actor_kind === "device" ? "" : event.actor_label}</span>
          </li>
        ))}
      </ol>
    </Section>
  );
}

function said(event: EventOut): string {
  const { status, reason, action, message } = event.data as Record<string, unknown>;
  if (event.type === "device:status") return [t.states[status as keyof typeof t.states] ?? String(status), reason ? because(String(reason)) : ""].filter(Boolean).join(": ");
  return [sentence(event.type), action ? t.actions[action as keyof typeof t.actions] ?? String(action) : "", message].filter(Boolean).join(": ");
}
