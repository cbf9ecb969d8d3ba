import { describe, expect, it } from "vitest";
import { told } from "./told";

const HERE = { device_id: "d1", device_name: "PC 7" };

function updated(changes: Record<string, unknown>): string {
  return told({ type: "station:updated", data: { changes } }, HERE);
}

describe("what happened at a seat", () => {
  it.each([
    [{ out_of_order: "Broken chair" }, "Out of order: Broken chair"],
    [{ out_of_order: null }, "Back in service"],
    [{ label: "VIP1" }, "Renamed to VIP1"],
    [{ zone: "Back room" }, "Moved to Back room"],
    [{ zone: "" }, "Moved out of its zone"],
    [{ position: 3 }, "Another place on the floor"],
    [{ device_id: null }, "Its machine was taken away"],
    [{ device_id: "d1" }, "PC 7 is its machine now"],
    [{ device_id: "d2" }, "Got another machine"],
    [{ label: "4", zone: "Main hall" }, "Renamed to 4, Moved to Main hall"],
    [{ something: "else" }, "Seat changed"],
    [{}, "Seat changed"],
  ])("says of %j what it is", (changes, words) => {
    expect(updated(changes)).toBe(words);
  });

  it("says the rest by its type", () => {
    expect(told({ type: "session:ended", data: {} }, HERE)).toBe("Session ended");
  });
});
