import { describe, expect, it } from "vitest";
import { appended } from "@/fleet/devices/Charts";
import { local } from "@/router";
import { nameOf } from "@/shell/keys";
import { matching } from "@/shell/Palette";
import { share, stateAt, word } from "@/venue/floor/seat";
import { cell, csvOf } from "./csv";
import { spread } from "./Chart";
import { clock, short } from "./time";
import { bounds, isRange } from "./TimeRange";

const NOW = Date.parse("2026-11-21T20:00:00Z");

function seat(secondsLeft: number, bought = 3600): Parameters<typeof stateAt>[0] {
  const ends = NOW + secondsLeft * 1000;
  return {
    state: "busy",
    session: { ends_at: new Date(ends).toISOString(), started_at: new Date(ends - bought * 1000).toISOString(), warning_seconds: 300 },
  } as unknown as Parameters<typeof stateAt>[0];
}

describe("a seat between two messages of the server", () => {
  it("nears its end by itself", () => {
    expect(stateAt(seat(301), NOW)).toBe("busy");
    expect(stateAt(seat(300), NOW)).toBe("ending");
  });
  it("shows what is left", () => {
    expect(word(seat(4320), NOW)).toBe("1h12");
    expect(word(seat(59), NOW)).toBe("59s");
    expect(share(seat(1800), NOW)).toBe(0.5);
    expect(share(seat(-5), NOW)).toBe(0);
  });
});

describe("times", () => {
  it("never round up an end that has come", () => {
    expect(clock(0)).toBe("0:00");
    expect(clock(61.2)).toBe("1:02");
    expect(clock(3600)).toBe("1:00:00");
    expect(short(-3)).toBe("0s");
  });
  it("know a range from rubbish", () => {
    expect(isRange("24h")).toBe(true);
    expect(isRange("2026-11-21T10:00~2026-11-21T11:00")).toBe(true);
    expect(isRange("2026-11-21T11:00~2026-11-21T10:00")).toBe(false);
    expect(isRange("rubbish")).toBe(false);
    expect(bounds("1h", NOW)).toEqual({ from: NOW - 3_600_000, to: NOW });
  });
});

describe("a CSV file", () => {
  it("runs nothing in a spreadsheet and keeps what it quotes", () => {
    expect(cell("=1+1")).toBe("'=1+1");
    expect(cell("@x")).toBe("'@x");
    expect(cell(-5)).toBe("-5");
    expect(csvOf(["a", "b"], [['say "hi"', null]])).toBe('a,b\r\n"say ""hi""",');
  });
});

describe("the palette", () => {
  const commands = ["Restart agent", "Reboot", "Go to Devices"].map((label) => ({ id: label, label, run: () => undefined }));
  it("finds by the beginnings of words, what was used first", () => {
    expect(matching(commands, "re", []).map((one) => one.id)).toEqual(["Restart agent", "Reboot"]);
    expect(matching(commands, "re", ["Reboot"]).map((one) => one.id)).toEqual(["Reboot", "Restart agent"]);
    expect(matching(commands, "dev go", []).map((one) => one.id)).toEqual(["Go to Devices"]);
    expect(matching(commands, "zz", [])).toEqual([]);
  });
});

describe("keys", () => {
  it("have one name", () => {
    expect(nameOf(new KeyboardEvent("keydown", { key: "K", ctrlKey: true }))).toBe("ctrl+k");
    expect(nameOf(new KeyboardEvent("keydown", { key: "?", shiftKey: true }))).toBe("?");
  });
});

describe("where one goes after signing in", () => {
  it.each(["//evil.example", "https://evil.example", "/\\evil.example", "", 5])("is not %j", (next) => {
    expect(local(next)).toBeUndefined();
  });
  it("is a page of ours", () => expect(local("/devices?state=online")).toBe("/devices?state=online"));
});

describe("a chart", () => {
  it("takes a reading once", () => {
    const series = { times: [10], metrics: { cpu: { unit: "%", avg: [1], min: [1], max: [1] } } } as unknown as Parameters<typeof appended>[0];
    const next = appended(series, 20, { cpu: 7 });
    expect(next.times).toEqual([10, 20]);
    expect(next.metrics.cpu?.avg).toEqual([1, 7]);
    expect(appended(next, 20, { cpu: 9 })).toBe(next);
  });
  it("has room above its highest value", () => {
    expect(spread({ bottom: 0 }, 2, 10)).toEqual([0, 11]);
    expect(spread({ bottom: 0, top: 100 }, 2, 10)).toEqual([0, 100]);
    expect(spread({}, null, null)).toEqual([0, 1]);
  });
});
