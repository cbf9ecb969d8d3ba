/** All keys that work here. */

import { Modal } from "@mantine/core";
import { t } from "@/texts";
import { Key } from "@/ui/Key";
import { useAllCommands } from "./commands";
import { closeOverlay, useOverlay } from "./overlays";

export function Help() {
  const opened = useOverlay() === "help";
  const commands = useAllCommands().filter((command) => command.keys);
  return (
    <Modal opened={opened} onClose={closeOverlay} title={t.shell.keys} size={640}>
      <div className="help">
        {commands.map((command) => (
          <div key={command.id}>
            <span>{command.label}</span>
            <span><Key keys={command.keys ?? ""} /></span>
          </div>
        ))}
      </div>
    </Modal>
  );
}
