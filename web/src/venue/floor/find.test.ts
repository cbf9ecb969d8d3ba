import { expect, it } from "vitest";
import type { StationOut } from "@/api";
import { named } from "./find";

const seat = (label: string, zone: string, guest?: string) => ({ label, zone, session: guest ? { guest } : null }) as StationOut;
const SEATS = [seat("60", "Row A"), seat("6", "Row B"), seat("16", "Row B"), seat("7", "Row A", "Cy Larsen")];
const found = (typed: string) => named(SEATS, typed).map((one) => one.label);

it("finds seats by label, zone and guest, the meant one first", () => {
  expect(found("seat 6")).toEqual(["6", "60"]);
  expect(found("row b")).toEqual(["6", "16"]);
  expect(found("larsen")).toEqual(["7"]);
  expect(found("enrol")).toEqual([]);
});
