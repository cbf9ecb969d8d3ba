/** Keys: one listener for the page; nothing happens while somebody types. */

import { allCommands } from "./commands";
import { typeAhead } from "./overlays";

const PAUSE = 900;
let first = "";
let timer: ReturnType<typeof setTimeout> | undefined;

export function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
    !(target instanceof HTMLInputElement && /^(checkbox|radio|button)$/.test(target.type))
  );
}

export function nameOf(event: KeyboardEvent): string {
  const parts: string[] = [];
  if (event.ctrlKey || event.metaKey) parts.push("ctrl");
  if (event.altKey) parts.push("alt");
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.shiftKey && event.key.length > 1) parts.push("shift");
  return [...parts, key].join("+");
}

function isEmpty(field: HTMLElement): boolean {
  return "value" in field && field.value === "";
}

/** A dialog has the keys to itself. A panel beside a page is none. */
const COVER = "[role=dialog]:not([data-panel])";

export function listenToKeys(): () => void {
  let covered = false;
  // Before anybody else: a dialog that this very key closes was open when it was pressed.
  const look = () => {
    covered = document.querySelector(COVER) !== null;
  };
  const press = (event: KeyboardEvent) => {
    if (event.defaultPrevented) return;
    const name = nameOf(event);
    const anywhere = name.startsWith("ctrl+");
    if (typing(event.target) && !anywhere) return;
    // What was typed is undone by the field itself.
    if (name === "ctrl+z" && event.target instanceof HTMLElement && typing(event.target) && !isEmpty(event.target)) return;
    // Radio buttons choose by arrows.
    if (event.target instanceof HTMLInputElement && event.key.startsWith("Arrow")) return;
    if (!anywhere && typeAhead(event.key)) return event.preventDefault();
    if (!anywhere && (covered || document.querySelector(COVER))) return;
    const commands = allCommands().filter((command) => !command.disabled);
    if (event.repeat && !commands.some((command) => command.keys === name && command.repeats)) return;
    const two = first ? commands.find((command) => command.keys === `${first} ${name}`) : undefined;
    const one = commands.find((command) => command.keys === name);
    const found = two ?? one;
    clearTimeout(timer);
    first = "";
    if (found) {
      event.preventDefault();
      found.run();
    } else if (commands.some((command) => command.keys?.startsWith(`${name} `))) {
      first = name;
      timer = setTimeout(() => {
        first = "";
      }, PAUSE);
    }
  };
  window.addEventListener("keydown", look, true);
  window.addEventListener("keydown", press);
  return () => {
    window.removeEventListener("keydown", look, true);
    window.removeEventListener("keydown", press);
  };
}
