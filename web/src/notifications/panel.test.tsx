/** A mail that waits for its next try can be sent now, by the one verb that sends again. */

import { MantineProvider } from "@mantine/core";
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import type { MailOut } from "@/api";
import { MailPanel } from "./MailPanel";
import { notifications as t } from "./texts";

const deliver = vi.hoisted(() => vi.fn());

vi.mock("@/client/me", () => ({ useMay: () => () => true }));
vi.mock("@/api", async (original) => ({ ...(await original<typeof import("@/api")>()), mailsDeliver: deliver }));

const MAIL: MailOut = {
  id: "m", recipient: "bo@example.org", subject: "Hi", status: "waiting", attempts: 2, error: "The mail server refused the mail: 451 later",
  can_be_sent_again: true, created_at: "2026-11-21T10:00:00Z", sent_at: null,
};

const show = (mail: MailOut) => render(<MantineProvider env="test"><MailPanel mail={mail} reload={() => undefined} /></MantineProvider>);

afterEach(() => {
  cleanup();
  deliver.mockReset();
});

it("sends now what waits, with a key of its own each time", async () => {
  deliver.mockResolvedValue({ data: MAIL });
  show(MAIL);
  const button = screen.getByRole("button", { name: new RegExp(`^${t.now}`) });
  for (const count of [1, 2]) {
    await userEvent.click(button);
    await vi.waitFor(() => expect([deliver.mock.calls.length, button.hasAttribute("data-loading")]).toEqual([count, false]));
  }
  const call = { path: { mail_id: "m" }, headers: { "idempotency-key": expect.stringMatching(/.{8}/) } };
  expect(deliver.mock.calls).toMatchObject([[call], [call]]);
  expect(new Set(deliver.mock.calls.map(([{ headers }]) => headers["idempotency-key"])).size).toBe(2);
});

it("offers nothing before the first try", () => {
  show({ ...MAIL, attempts: 0, error: null, can_be_sent_again: false });
  expect(screen.queryByRole("button", { name: new RegExp(t.now) })).toBeNull();
});
