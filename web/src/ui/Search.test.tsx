/** What is typed is searched for, also in a list that is drawn again all the time. */

import { MantineProvider } from "@mantine/core";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { Search } from "./Search";

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

it("is not held up by a page that is drawn every tenth of a second", () => {
  vi.useFakeTimers();
  const searched = vi.fn();
  const page = () => <MantineProvider env="test"><Search label="Find" value="" onChange={(text) => searched(text)} input={{ current: null }} /></MantineProvider>;
  const { rerender } = render(page());
  fireEvent.change(screen.getByRole("searchbox"), { target: { value: "north" } });
  for (let drawn = 0; drawn < 5; drawn += 1) {
    rerender(page());
    act(() => void vi.advanceTimersByTime(100));
  }
  expect(searched.mock.calls).toEqual([["north"]]);
});
