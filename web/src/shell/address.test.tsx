/** The address of a page says what it shows; what was opened is a step that Back undoes. */

import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { useAddress, type Asks, type Change } from "./address";

interface Search extends Asks {
  device?: string;
  q?: string;
  state?: string[];
}

let set: (change: Change<Search>) => void = () => undefined;

function Page() {
  const [search, change] = useAddress<Search>("device");
  set = change;
  return <p role="status">{JSON.stringify(search)}</p>;
}

async function opened() {
  const root = createRootRoute();
  const page = createRoute({ getParentRoute: () => root, path: "/devices", component: Page, validateSearch: (search: Record<string, unknown>) => search as Search });
  const history = createMemoryHistory({ initialEntries: ["/devices"] });
  render(<RouterProvider router={createRouter({ routeTree: root.addChildren([page]), history }) as never} />);
  await screen.findByRole("status");
  return {
    steps: () => history.length,
    at: () => (history.location.state as { __TSR_index: number }).__TSR_index,
    shows: () => JSON.parse(screen.getByRole("status").textContent) as Search,
    change: (...changes: Change<Search>[]) => act(async () => changes.forEach(set)),
    back: () => act(async () => history.back()),
  };
}

afterEach(cleanup);

it("makes a step of what opens, and none of moving on or closing", async () => {
  const page = await opened();
  await page.change({ device: "a" });
  expect(page.steps()).toBe(2);
  await page.change({ device: "b" });
  await page.change({ state: ["online"] });
  expect([page.steps(), page.shows()]).toEqual([2, { device: "b", state: ["online"] }]);
  await page.change({ ask: "groups" });
  expect(page.steps()).toBe(3);
  await page.back();
  expect(page.shows()).toEqual({ device: "b", state: ["online"] });
});

it("goes back when it closes what the last step opened, however often it was moved on", async () => {
  const page = await opened();
  await page.change({ q: "a" });
  await page.change({ device: "a" });
  await page.change({ device: "b" });
  await page.change({ ask: "groups" });
  await page.change({ ask: undefined });
  expect([page.at(), page.shows()]).toEqual([1, { q: "a", device: "b" }]);
  await page.change({ device: undefined });
  expect([page.at(), page.shows()]).toEqual([0, { q: "a" }]);
});

it("keeps what was chosen while something was open", async () => {
  const page = await opened();
  await page.change({ device: "a" });
  await page.change({ state: ["online"] });
  await page.change({ device: undefined });
  expect([page.at(), page.shows()]).toEqual([1, { state: ["online"] }]);
});

it("makes a step of going on from a thing to a list about it", async () => {
  const page = await opened();
  await page.change({ device: "a" });
  await page.change({ device: undefined, q: "a" });
  expect([page.steps(), page.shows()]).toEqual([3, { q: "a" }]);
  await page.back();
  expect(page.shows()).toEqual({ device: "a" });
});

it("leaves out what is empty", async () => {
  const page = await opened();
  await page.change({ q: "a", state: ["online"] });
  await page.change({ q: "", state: [] });
  expect([page.steps(), page.shows()]).toEqual([1, {}]);
});

it("loses no change of two at once, and asks what is there now", async () => {
  const page = await opened();
  await page.change({ q: "a" }, { state: ["online"] }, (now) => ({ q: `${now.q ?? ""}b` }));
  expect(page.shows()).toEqual({ q: "ab", state: ["online"] });
});
