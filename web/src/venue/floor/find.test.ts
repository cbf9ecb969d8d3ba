import { QueryClient } from "@tanstack/react-query";
import { expect, it } from "vitest";
import type { StationOut } from "@/api";
import { stationsQuery } from "./data";
import { findSeats } from "./find";

const seat = (label: string, zone: string, guest?: string) => ({ id: label, label, zone, state: "free", session: guest ? { guest } : null }) as StationOut;

it("finds seats by label, zone and guest, the meant one first", async () => {
  const queries = new QueryClient();
  queries.setQueryData(stationsQuery.queryKey, [seat("60", "Row A"), seat("6", "Row B"), seat("16", "Row B"), seat("7", "Row A", "Cy Larsen")]);
  const found = async (typed: string) => (await findSeats(queries, typed)).map((one) => one.label);
  expect(await found("seat 6")).toEqual(["Seat 6", "Seat 60"]);
  expect(await found("6")).toEqual(["Seat 6", "Seat 60"]);
  expect(await found("row b")).toEqual(["Seat 6", "Seat 16"]);
  expect(await found("larsen")).toEqual(["Seat 7"]);
  expect(await found("enrol")).toEqual([]);
});
