/** A custom range that ends before it begins. */

import { MantineProvider } from "@mantine/core";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { t } from "@/texts";
import { TimeRange } from "./TimeRange";
import { onClock } from "./zone";

afterEach(cleanup);

it("is not applied and says why, until it is put right", () => {
  const [from, to] = ["2026-11-01T10:00:00.000Z", "2026-11-02T10:00:00.000Z"];
  const change = vi.fn();
  render(<MantineProvider env="test"><TimeRange value={`${from}~${to}`} onChange={change} /></MantineProvider>);
  const begin = screen.getByLabelText(t.range.from);
  const end = screen.getByLabelText(t.range.to);
  expect(end.getAttribute("aria-invalid")).not.toBe("true");
  const late = onClock(Date.parse("2026-11-03T10:00:00.000Z"));
  fireEvent.change(begin, { target: { value: late } });
  expect(change.mock.calls).toEqual([]);
  expect(screen.getByText(t.range.backwards)).toBeDefined();
  expect(end.getAttribute("aria-invalid")).toBe("true");
  expect((begin as HTMLInputElement).value).toBe(late);
  fireEvent.change(end, { target: { value: onClock(Date.parse("2026-11-04T10:00:00.000Z")) } });
  expect(change.mock.calls).toEqual([["2026-11-03T10:00:00.000Z~2026-11-04T10:00:00.000Z"]]);
  expect(screen.queryByText(t.range.backwards)).toBeNull();
});
