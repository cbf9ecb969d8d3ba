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

export function listenToKeys(): () => void {
  const press = (event: KeyboardEvent) => {
    if (event.defaultPrevented) return;
    const name = nameOf(event);
    if (typing(event.target) && !name.startsWith("ctrl+")) return;
    // Radio buttons choose by arrows.
    if (event.target instanceof HTMLInputElement && event.key.startsWith("Arrow")) return;
    if (!name.startsWith("ctrl+") && typeAhead(event.key)) return event.preventDefault();
    if (!name.startsWith("ctrl+") && document.querySelector("[role=dialog]:not([data-panel])")) return;
    const commands = allCommands().filter((command) => !command.disabled && (command.repeats || !event.repeat));
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
  window.addEventListener("keydown", press);
  return () => window.removeEventListener("keydown", press);
}
