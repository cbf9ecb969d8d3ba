/** Groups of devices: a tree, told as a list in the order in which it is read. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { deviceGroupsListGroups, type GroupRowOut } from "@/api";

export interface Branch extends GroupRowOut {
  depth: number;
  /** Its ancestors' names and its own: `Hall / Row A`. */
  path: string;
}

export const groupsRead = queryOptions({ queryKey: ["groups"], queryFn: async () => (await deviceGroupsListGroups({ throwOnError: true })).data });

export function useGroups() {
  return useQuery({ ...groupsRead, select: treeOf });
}

/** Each group after its parent, siblings by name. One whose parent may not be seen stands at the top. */
export function treeOf(groups: readonly GroupRowOut[]): Branch[] {
  const known = new Set(groups.map((group) => group.id));
  const inside = new Map<string | null, GroupRowOut[]>();
  for (const group of groups) {
    const parent = group.parent_id && known.has(group.parent_id) ? group.parent_id : null;
    inside.set(parent, [...(inside.get(parent) ?? []), group]);
  }
  const walk = (parent: string | null, depth: number, above: string): Branch[] =>
    (inside.get(parent) ?? [])
      .toSorted((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }))
      .flatMap((group) => {
        const path = above ? `${above} / ${group.name}` : group.name;
        return [{ ...group, depth, path }, ...walk(group.id, depth + 1, path)];
      });
  return walk(null, 0, "");
}

/** Where a group may go: anywhere but into itself. */
export function parentsFor(branches: readonly Branch[], group: Branch | undefined): Branch[] {
  const below = new Set<string>(group ? [group.id] : []);
  for (const one of branches) if (one.parent_id && below.has(one.parent_id)) below.add(one.id);
  return branches.filter((one) => !below.has(one.id));
}
