/** Which organization this tab looks at; remembered for the next visit. */

const KEY = "gamekeeper.organization";
let chosen: string | null = sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);

export function organization(): string | null {
  return chosen;
}

export function choose(id: string | null): void {
  chosen = id;
  for (const store of [sessionStorage, localStorage]) {
    if (id) store.setItem(KEY, id);
    else store.removeItem(KEY);
  }
}
