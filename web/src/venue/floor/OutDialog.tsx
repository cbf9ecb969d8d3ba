/** Why a seat is taken out of order, in as many characters as its card has room for. */

import { Button, Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import { stationsTakeOut, type StationOut } from "@/api";
import { useAct } from "@/client/act";
import { ErrorLine } from "@/ui/states";
import { venue as t } from "../texts";

/** The server refuses more. */
const MOST = 200;
const NEAR = 40;

export function OutDialog({ station, onClose }: { station: Pick<StationOut, "id" | "label">; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const act = useAct();
  // Counted as the server does: characters and not halves of them, without the space around.
  const room = MOST - [...reason.trim()].length;
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (room < 0) return;
    if (await act.run(() => stationsTakeOut({ path: { station_id: station.id }, body: { reason }, throwOnError: true }))) onClose();
  };
  return (
    <Modal opened onClose={onClose} title={`${t.seat(station.label)}: ${t.outOfOrder}`}>
      <form className="stack" style={{ gap: "var(--s4)" }} onSubmit={(event) => void submit(event)}>
        <TextInput
          label={t.outReason}
          required
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          description={room >= 0 && room <= NEAR ? <span role="status">{t.outRoom(room)}</span> : null}
          inputWrapperOrder={["label", "input", "description", "error"]}
          error={room < 0 ? t.outTooLong(-room, MOST) : null}
        />
        <ErrorLine error={act.error} />
        <div className="row"><Button type="submit" variant="filled" disabled={room < 0} loading={act.busy}>{t.save}</Button><Button variant="subtle" onClick={onClose}>{t.cancel}</Button></div>
      </form>
    </Modal>
  );
}
