/** Keys act once, move for as long as they are held, and leave to a field what is the field's. */

import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useCommands } from "./commands";
import { listenToKeys } from "./keys";

const moved = vi.fn();
const acted = vi.fn();
const undone = vi.fn();
let silence: () => void;

function Page() {
  useCommands([
    { id: "move", label: "Move", keys: "ArrowDown", repeats: true, run: moved },
    { id: "act", label: "Act", keys: "e", run: acted },
    { id: "undo", label: "Undo", keys: "ctrl+z", run: undone },
  ]);
  return (
    <>
      <input type="radio" />
      <input type="text" />
      <button type="button">Seat</button>
    </>
  );
}

beforeEach(() => {
  silence = listenToKeys();
  render(<Page />);
});
afterEach(() => {
  silence();
  cleanup();
  vi.clearAllMocks();
});

it("moves on while a key is held, and acts once", () => {
  for (const repeat of [false, true, true]) {
    fireEvent.keyDown(screen.getByRole("button"), { key: "ArrowDown", repeat });
    fireEvent.keyDown(screen.getByRole("button"), { key: "e", repeat });
  }
  expect([moved.mock.calls.length, acted.mock.calls.length]).toEqual([3, 1]);
});

it("leaves a key to the dialog that it closes", () => {
  const dialog = document.body.appendChild(document.createElement("div"));
  dialog.setAttribute("role", "dialog");
  const close = () => dialog.remove();
  window.addEventListener("keydown", close, { capture: true, once: true });
  fireEvent.keyDown(document.body, { key: "e" });
  expect(document.body.contains(dialog)).toBe(false);
  expect(acted).not.toHaveBeenCalled();
  fireEvent.keyDown(document.body, { key: "e" });
  expect(acted).toHaveBeenCalledOnce();
});

it("leaves the arrows to radio buttons", () => {
  // fireEvent tells whether the browser's own deed follows.
  expect(fireEvent.keyDown(screen.getByRole("radio"), { key: "ArrowDown" })).toBe(true);
  expect(moved).not.toHaveBeenCalled();
  fireEvent.keyDown(screen.getByRole("radio"), { key: "e" });
  expect(acted).toHaveBeenCalledOnce();
});

it("undoes what was done from an empty field, and what was typed in one that is not", () => {
  const field = screen.getByRole("textbox");
  fireEvent.change(field, { target: { value: "4 60" } });
  expect(fireEvent.keyDown(field, { key: "z", ctrlKey: true })).toBe(true);
  expect(undone).not.toHaveBeenCalled();
  fireEvent.change(field, { target: { value: "" } });
  fireEvent.keyDown(field, { key: "z", ctrlKey: true });
  expect(undone).toHaveBeenCalledOnce();
});
