/** A key cap beside what the key does. */
export function Key({ keys }: { keys: string }) {
  return (
    <>
      {keys.split(" ").map((part) => (
        <kbd key={part}>{shown(part)}</kbd>
      ))}
    </>
  );
}

const names: Record<string, string> = { Escape: "Esc", "ctrl+k": "Ctrl K", Enter: "Enter" };

export function shown(part: string): string {
  return names[part] ?? (part.length === 1 ? part.toUpperCase() : part);
}
