/** What happened at a seat lately: to itself and in its sessions, the newest first, with the money that moved. */

import { useQuery } from "@tanstack/react-query";
import { stationsListEvents, type EventOut, type StationOut } from "@/api";
import { ErrorLine } from "@/ui/states";
import { venue as t } from "../texts";
import { money } from "./money";
import { atClock } from "./seat";
import { told } from "./told";
import "../bill.css";

const MOST = 10;

export function Past({ station }: { station: StationOut }) {
  const { id, session } = station;
  const events = useQuery({
    // The end and the paid sum move with every sale, the version with every change: what happened is read again at once.
    queryKey: ["past", id, session?.id, session?.paid, session?.ends_at, station.state, station.version],
    queryFn: async () => (await stationsListEvents({ path: { station_id: id }, query: { limit: MOST }, throwOnError: true })).data.items,
    // A seat that is free again has the key that it had before its session: what was told then is not kept for it.
    gcTime: 0,
    placeholderData: (before, query) => (query?.queryKey[1] === id ? before : undefined),
  });
  if (events.error) return <ErrorLine error={events.error} />;
  if (events.data?.length === 0) return <p className="dim">{t.nothingYet}</p>;
  return (
    <table className="bill">
      <tbody>
        {events.data?.map((event) => (
          <tr key={event.id}>
            <td className="dimmer nowrap">{atClock(event.created_at, station.site_id)}</td>
            <td>{told(event, station)}{paid(event) ? <> <span className="num strong">{paid(event)}</span></> : null}</td>
            <td className="num dim">{event.actor_label}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The money of a payment; what a seat or a session merely tells of it would count it twice. */
function paid(event: EventOut): string | null {
  const { amount, currency } = event.data;
  if (!event.type.startsWith("payment:") || typeof amount !== "number" || typeof currency !== "string") return null;
  return money(event.type === "payment:returned" ? -amount : amount, currency);
}
