/** What happened at a seat lately: to itself and in its session, the newest first, with the money that moved. */

import { useQuery } from "@tanstack/react-query";
import { eventsListEvents, type EventOut, type StationOut } from "@/api";
import { sentence } from "@/texts/events";
import { ErrorLine } from "@/ui/states";
import { venue as t } from "../texts";
import { money } from "./money";
import { atClock } from "./seat";
import "../bill.css";

const MOST = 10;

async function of(subject: string): Promise<EventOut[]> {
  return (await eventsListEvents({ query: { subject, limit: MOST }, throwOnError: true })).data.items;
}

export function Past({ station }: { station: StationOut }) {
  const session = station.session;
  const events = useQuery({
    // The end and the paid sum move with every sale, so what happened is read again at once.
    queryKey: ["past", station.id, session?.id, session?.paid, session?.ends_at, station.state],
    queryFn: async () => newest(await Promise.all([station.id, ...(session ? [session.id] : [])].map(of))),
    placeholderData: (before, query) => (query?.queryKey[1] === station.id ? before : undefined),
  });
  if (events.error) return <ErrorLine error={events.error} />;
  if (events.data?.length === 0) return <p className="dim">{t.nothingYet}</p>;
  return (
    <table className="bill">
      <tbody>
        {events.data?.map((event) => (
          <tr key={event.id}>
            <td className="dimmer nowrap">{atClock(event.created_at, station.site_id)}</td>
            <td style={{ paddingLeft: "var(--s3)" }}>{sentence(event.type)}{paid(event) ? <> <span className="num strong">{paid(event)}</span></> : null}</td>
            <td className="num dim">{event.actor_label}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The newest of several lists that are each newest first. */
export function newest(lists: readonly (readonly EventOut[])[]): EventOut[] {
  return lists.flat().toSorted((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at)).slice(0, MOST);
}

/** The money of a payment; what a seat or a session merely tells of it would count it twice. */
function paid(event: EventOut): string | null {
  const { amount, currency } = event.data;
  if (!event.type.startsWith("payment:") || typeof amount !== "number" || typeof currency !== "string") return null;
  return money(event.type === "payment:returned" ? -amount : amount, currency);
}
