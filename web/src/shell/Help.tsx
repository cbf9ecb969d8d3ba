/** All keys that work here. */

import { Modal } from "@mantine/core";
import { Fragment } from "react";
import { t } from "@/texts";
import { Key } from "@/ui/Key";
import { useAllCommands, type Command } from "./commands";
import { closeOverlay, useOverlay } from "./overlays";

/** What has keys, once for each thing that is done: `J` and `→` may lead to the same. */
export function byDeed(commands: readonly Command[]): { label: string; keys: string[] }[] {
  const deeds = new Map<string, Set<string>>();
  for (const { label, keys } of commands) {
    if (keys) deeds.set(label, (deeds.get(label) ?? new Set()).add(keys));
  }
  return [...deeds].map(([label, keys]) => ({ label, keys: [...keys] }));
}

export function Help() {
  const opened = useOverlay() === "help";
  const commands = useAllCommands();
  return (
    <Modal opened={opened} onClose={closeOverlay} title={t.shell.keys} size={640}>
      <div className="help">
        {byDeed(commands).map(({ label, keys }) => (
          <div key={label}>
            <span>{label}</span>
            <span className="help-keys">
              {keys.map((each, index) => (
                <Fragment key={each}>{index > 0 ? " " : null}<span className="nowrap"><Key keys={each} /></span></Fragment>
              ))}
            </span>
          </div>
        ))}
      </div>
    </Modal>
  );
}
