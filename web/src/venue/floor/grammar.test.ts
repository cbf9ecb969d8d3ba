import { describe, expect, it } from "vitest";
import { understand } from "./grammar";

describe("the command line", () => {
  it.each([
    ["14 60 cash", { kind: "sell", label: "14", minutes: 60 }],
    ["14 60", { kind: "sell", label: "14", minutes: 60 }],
    ["C3 +30", { kind: "sell", label: "C3", minutes: 30 }],
    ["  12   end ", { kind: "end", label: "12" }],
    ["12", { kind: "select", label: "12" }],
    ["", { kind: "nothing" }],
    ["14 0", { kind: "unclear" }],
    ["14 -5", { kind: "unclear" }],
    ["14 60 card", { kind: "unclear" }],
    ["14 60 cash now", { kind: "unclear" }],
    ["14 1440", { kind: "sell", label: "14", minutes: 1440 }],
    ["14 1441", { kind: "too long", label: "14" }],
    ["14 9999", { kind: "too long", label: "14" }],
    ["14 99999", { kind: "unclear" }],
  ])("understands %j", (text, said) => {
    expect(understand(text)).toEqual(said);
  });
});
