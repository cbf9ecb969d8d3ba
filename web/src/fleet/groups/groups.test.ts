import { expect, test } from "vitest";
import type { GroupRowOut } from "@/api";
import { parentsFor, treeOf } from "./data";

const group = (id: string, parent_id: string | null, name = id): GroupRowOut => ({ id, parent_id, name, description: "", version: 1, devices: 0 });
const tree = treeOf([group("b", null, "Row 10"), group("c", "a", "Left"), group("a", null, "Row 2"), group("d", "hidden", "Lost"), group("e", "c", "Corner")]);

test("a tree is read from the top, each group after its parent, 2 before 10", () => {
  expect(tree.map((one) => [one.depth, one.path])).toEqual([
    [0, "Lost"],
    [0, "Row 2"],
    [1, "Row 2 / Left"],
    [2, "Row 2 / Left / Corner"],
    [0, "Row 10"],
  ]);
});

test("a group may go anywhere but into itself", () => {
  expect(parentsFor(tree, tree[1]).map((one) => one.name)).toEqual(["Lost", "Row 10"]);
  expect(parentsFor(tree, undefined)).toHaveLength(5);
});
