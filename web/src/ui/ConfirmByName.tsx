/** What cannot be taken back asks for the name of the thing, and lists what will happen. */

import { Button, Modal, TextInput } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { t } from "@/texts";
import { ErrorLine } from "./states";

export function ConfirmByName({ title, name, act, what, onClose, onConfirm }: { title: string; name: string; act: string; what: ReactNode; onClose: () => void; onConfirm: () => Promise<void> }) {
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (typed.trim() !== name.trim()) return;
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch (refused) {
      setError(refused);
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={title}>
      <form className="stack" style={{ gap: "var(--s4)" }} onSubmit={(event) => void submit(event)}>
        <div className="stack">{what}</div>
        <TextInput label={t.confirm.type(name)} data-autofocus autoComplete="off" value={typed} onChange={(event) => setTyped(event.currentTarget.value)} />
        <ErrorLine error={error} />
        <div className="row">
          <Button type="submit" variant="filled" disabled={typed.trim() !== name.trim()} loading={busy}>{act}</Button>
          <Button variant="subtle" onClick={onClose}>{t.confirm.keep}</Button>
        </div>
      </form>
    </Modal>
  );
}
