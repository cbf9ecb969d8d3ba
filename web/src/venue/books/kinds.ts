/** Kinds of entries in plain words. */

import { venue as t } from "../texts";

export function kindOf(kind: string): string {
  return (t.kinds as Record<string, string>)[kind] ?? kind;
}
