/** A reason is stored whole or not at all, and whoever types it knows how much room is left. */

import { MantineProvider } from "@mantine/core";
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { venue as t } from "../texts";
import { OutDialog } from "./OutDialog";

const takeOut = vi.hoisted(() => vi.fn());

vi.mock("@/api", async (original) => ({ ...(await original<typeof import("@/api")>()), stationsTakeOut: takeOut }));

afterEach(cleanup);

it("counts the last characters, refuses more, and cuts nothing", async () => {
  takeOut.mockResolvedValue({ data: {} });
  const person = userEvent.setup();
  render(<MantineProvider env="test"><OutDialog station={{ id: "s", label: "4" }} onClose={() => undefined} /></MantineProvider>);
  const field = screen.getByLabelText(t.outReason, { exact: false });
  await person.type(field, "The chair is broken");
  expect(screen.queryByRole("status")).toBeNull();

  const whole = `${"x".repeat(189)}\u{1FA91}`;
  await person.clear(field);
  await person.click(field);
  await person.paste(whole);
  expect(screen.getByRole("status").textContent).toBe(t.outRoom(10));

  await person.paste("y".repeat(11));
  expect((field as HTMLInputElement).value).toBe(whole + "y".repeat(11));
  expect(screen.getByText(t.outTooLong(1, 200))).toBeDefined();
  expect(field.getAttribute("aria-invalid")).toBe("true");
  await person.keyboard("{Enter}");
  expect(takeOut).not.toHaveBeenCalled();

  await person.keyboard("{Backspace}{Enter}");
  expect(takeOut.mock.calls).toMatchObject([[{ body: { reason: whole + "y".repeat(10) } }]]);
});
