import { describe, expect, it } from "vitest";
import { balancesOf, moved, plain } from "./accounts";

const account = (id: string, name: string, balance: number) => ({ id, name, balance, site_id: "s", family: name.split(":")[0] ?? "", currency: "EUR" });
const posting = (name: string, amount: number) => ({ account: name, amount, currency: "EUR" });

describe("the books", () => {
  it("counts what was earned and owed as people do, and guests together", () => {
    const lines = balancesOf([account("1", "asset:cash:main", 900), account("2", "liability:credit:a", -50), account("3", "liability:credit:b", -25), account("4", "revenue:time", -825)]);
    expect(lines.map((line) => [line.id, line.amount])).toEqual([["1", 900], [null, 75], ["4", 825]]);
    expect(Object.is(balancesOf([account("4", "revenue:time", 0)])[0]?.amount, 0)).toBe(true);
  });

  it("tells what came in, what went out, and what was only moved", () => {
    expect(moved({ postings: [posting("asset:cash:main", 450), posting("revenue:time", -450)] }).amount).toBe(450);
    expect(moved({ postings: [posting("revenue:time", 450), posting("asset:cash:main", -450)] }).amount).toBe(-450);
    expect(moved({ postings: [posting("revenue:time", 20), posting("liability:credit:a", -20)] }).amount).toBe(20);
  });

  it("shows an account that it does not know by its own name", () => {
    expect(plain("equity:float")).toBe("equity:float");
  });
});
