/** The help of keys: caps as they stand on a keyboard, and one line for what several keys do. */

import { MantineProvider } from "@mantine/core";
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { theme } from "@/theme/theme";
import { shown } from "@/ui/Key";
import { useCommands } from "./commands";
import { byDeed, Help } from "./Help";
import { openHelp } from "./overlays";

const run = () => undefined;
const MOVES = ["j", "k", "ArrowLeft", "ArrowRight"].map((keys) => ({ id: keys, label: "Move between seats", keys, run }));

afterEach(cleanup);

it.each([
  ["ArrowLeft", "←"],
  ["ArrowUp", "↑"],
  ["Escape", "Esc"],
  ["Enter", "Enter ⏎"],
  ["Space", "Space"],
  ["ctrl+k", "Ctrl K"],
  ["shift+ArrowDown", "Shift ↓"],
  ["+", "+"],
  ["x", "X"],
])("%s is shown as %s", (key, cap) => expect(shown(key)).toBe(cap));

it("has one line for one deed", () => {
  expect(byDeed([...MOVES, { id: "e", label: "End", keys: "e", run }, { id: "quiet", label: "No key", run }])).toEqual([
    { label: "Move between seats", keys: ["j", "k", "ArrowLeft", "ArrowRight"] },
    { label: "End", keys: ["e"] },
  ]);
});

it("shows no name of a key that only a program knows", async () => {
  function Page() {
    useCommands([...MOVES, { id: "groups", label: "Groups", keys: "g g", run }]);
    return <Help />;
  }
  render(<MantineProvider theme={theme} env="test"><Page /></MantineProvider>);
  act(openHelp);
  const line = (await screen.findByText("Move between seats")).parentElement;
  expect([...(line?.querySelectorAll("kbd") ?? [])].map((cap) => cap.textContent)).toEqual(["J", "K", "←", "→"]);
  expect(screen.getByText("Groups").parentElement?.querySelectorAll("kbd")).toHaveLength(2);
});
