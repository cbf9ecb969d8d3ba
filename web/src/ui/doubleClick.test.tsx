/** The second click of a double-click does nothing in the panel that the first has opened. */

import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { createPortal } from "react-dom";
import { afterEach, expect, it, vi } from "vitest";
import { Panel } from "./Page";

const sold = vi.fn();

function Floor() {
  const [seat, setSeat] = useState("");
  return (
    <>
      {["1", "2"].map((label) => <button key={label} type="button" onClick={() => setSeat(label)}>Seat {label}</button>)}
      {seat ? <Panel label={seat} onClose={() => undefined}><button type="button" onClick={sold}>Sell</button>{createPortal(<button type="button" onClick={sold}>In a dialog</button>, document.body)}</Panel> : null}
    </>
  );
}

const click = (name: string, x: number, detail = 1) => fireEvent.click(screen.getByRole("button", { name }), { clientX: x, clientY: 100, detail });

afterEach(() => {
  cleanup();
  sold.mockReset();
});

it("swallows a click at the spot of the one that opened it", () => {
  render(<Floor />);
  click("Seat 1", 500);
  click("Sell", 504);
  expect(sold).not.toHaveBeenCalled();
  click("Seat 2", 700);
  click("Sell", 700);
  expect(sold).not.toHaveBeenCalled();
});

it("leaves a dialog of the panel alone", () => {
  render(<Floor />);
  click("Seat 1", 500);
  click("In a dialog", 500);
  expect(sold).toHaveBeenCalledOnce();
});

it("takes one at another spot, and a key", () => {
  render(<Floor />);
  click("Seat 1", 500);
  click("Sell", 700);
  click("Sell", 0, 0);
  expect(sold).toHaveBeenCalledTimes(2);
});

it("takes one at the same spot a moment later", async () => {
  render(<Floor />);
  click("Seat 1", 500);
  await new Promise((wait) => setTimeout(wait, 700));
  click("Sell", 500);
  expect(sold).toHaveBeenCalledOnce();
});
