/** Find things and do things, from anywhere, by keyboard. */

import { Modal } from "@mantine/core";
import { useEffect, useMemo, useState } from "react";
import { t } from "@/texts";
import { Key } from "@/ui/Key";
import { useAllCommands, type Command } from "./commands";
import { closeOverlay, typedAhead, useOverlay } from "./overlays";
import { useFinders } from "./finders";
import "./palette.css";

const RECENT = "gamekeeper.recent";

function recent(): string[] {
  return JSON.parse(localStorage.getItem(RECENT) ?? "[]") as string[];
}

function remember(id: string): void {
  localStorage.setItem(RECENT, JSON.stringify([id, ...recent().filter((one) => one !== id)].slice(0, 12)));
}

/** Every word must begin a word of the label, the hint or a keyword. Recently used first, then what is really called so. */
export function matching(commands: readonly Command[], text: string, used: readonly string[]): Command[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (command: Command, keywords: readonly string[] = []) => {
    const haystack = ` ${[command.label, command.hint, command.group, ...keywords].join(" ")}`.toLowerCase();
    return words.every((word) => haystack.includes(` ${word}`) || (word.length > 2 && haystack.includes(word)));
  };
  const rank = (command: Command) => {
    const at = used.indexOf(command.id);
    return at < 0 ? used.length : at;
  };
  return commands
    .filter((command) => !command.quiet && fits(command, command.keywords))
    .map((command, place) => ({ command, place, meant: fits(command) ? 0 : 1 }))
    .sort((a, b) => rank(a.command) - rank(b.command) || a.meant - b.meant || a.place - b.place)
    .map(({ command }) => command);
}

export function Palette() {
  const opened = useOverlay() === "palette";
  return (
    <Modal opened={opened} onClose={closeOverlay} withCloseButton={false} padding={0} size={560} yOffset="12vh" centered={false} attributes={{ content: { "aria-label": t.shell.palette } }}>
      {opened ? <Inside /> : null}
    </Modal>
  );
}

function Inside() {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const commands = useAllCommands();
  const { found, loading } = useFinders(text);
  const list = useMemo(() => [...matching(commands, text, recent()).slice(0, 30), ...found].slice(0, 40), [commands, text, found]);
  useEffect(() => setAt(0), [text]);
  const act = (command: Command | undefined) => {
    if (!command || command.disabled) return;
    remember(command.id);
    closeOverlay();
    command.run();
  };
  // Whoever types faster than a dialog opens is not to lose a key.
  const begin = () => {
    const ahead = typedAhead();
    setText(text + ahead.text);
    if (ahead.entered) act(matching(commands, text + ahead.text, recent())[0]);
  };
  const press = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setAt((now) => Math.max(0, Math.min(list.length - 1, now + step)));
    } else if (event.key === "Enter") {
      event.preventDefault();
      act(list[at]);
    }
  };
  return (
    <div className="palette">
      <input
        data-autofocus
        onFocus={begin}
        className="palette-input"
        value={text}
        placeholder={t.shell.find}
        aria-label={t.shell.find}
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={list[at] ? `palette-${at}` : undefined}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={press}
      />
      <div id="palette-list" role="listbox" className="palette-list" aria-busy={loading}>
        {list.map((command, index) => (
          <div
            key={command.id}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === at}
            aria-disabled={Boolean(command.disabled)}
            className="palette-item"
            ref={index === at ? (element) => element?.scrollIntoView({ block: "nearest" }) : undefined}
            onMouseMove={() => setAt(index)}
            onClick={() => act(command)}
          >
            <span className="cut">{command.label}</span>
            <span className="dimmer cut grow">{command.disabled ?? command.hint ?? command.group}</span>
            {command.keys ? <Key keys={command.keys} /> : null}
          </div>
        ))}
        {list.length === 0 && !loading ? <p className="palette-none dim">{t.shell.nothingFound}</p> : null}
      </div>
    </div>
  );
}
