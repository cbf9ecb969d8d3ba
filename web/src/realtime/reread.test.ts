/** A load that was under way when something happened does not put the older state back. */

import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, it } from "vitest";
import { apply as heardOfDevice } from "@/fleet/devices/data";
import { apply as heardOfSeat } from "@/venue/floor/data";
import type { Frame } from "./frames";

const cases = [
  { name: "seats", key: ["stations"], hear: heardOfSeat, frame: { event: "station:status", data: { subject_id: "1", state: "free", told: 2 } }, wrap: (state: string) => [{ id: "1", state, told: state === "free" ? 2 : 1 }], shown: (data: unknown) => (data as { state: string }[])[0]?.state },
  { name: "devices", key: ["devices", "list", {}], hear: heardOfDevice, frame: { event: "device:status", data: { subject_id: "1", status: "free" } }, wrap: (status: string) => ({ pages: [{ items: [{ id: "1", status }], next: null }], pageParams: [undefined] }), shown: (data: unknown) => (data as { pages: { items: { status: string }[] }[] }).pages[0]?.items[0]?.status },
];

it.each(cases)("of $name", async ({ key, hear, frame, wrap, shown }) => {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const answers: ((state: string) => void)[] = [];
  const observer = new QueryObserver(queries, { queryKey: key, queryFn: () => new Promise((resolve) => answers.push((state) => resolve(wrap(state)))) });
  const stop = observer.subscribe(() => undefined);
  answers[0]?.("locking");
  await expect.poll(() => queries.isFetching()).toBe(0);
  void queries.invalidateQueries({ queryKey: key });
  expect(answers.length).toBe(2);
  for (let many = 0; many < 3; many++) hear(queries, frame as unknown as Frame);
  expect(shown(queries.getQueryData(key))).toBe("free");
  answers[1]?.("locking"); // read by the server before it became free
  await expect.poll(() => answers.length).toBe(3);
  answers[2]?.("free");
  await expect.poll(() => shown(queries.getQueryData(key))).toBe("free");
  expect(queries.isFetching()).toBe(0);
  expect(answers.length).toBe(3);
  stop();
});
