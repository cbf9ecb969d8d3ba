/** A key cap beside what the key does. */
export function Key({ keys }: { keys: string }) {
  return (
    <>
      {keys.split(" ").map((part, index) => (
        <kbd key={index}>{shown(part)}</kbd>
      ))}
    </>
  );
}

const NAMES: Record<string, string> = {
  Escape: "Esc",
  Enter: "Enter ⏎",
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  ctrl: "Ctrl",
  alt: "Alt",
  shift: "Shift",
};

export function shown(part: string): string {
  if (part.length === 1) return part.toUpperCase();
  return part
    .split("+")
    .map((name) => NAMES[name] ?? (name.length === 1 ? name.toUpperCase() : name))
    .join(" ");
}
