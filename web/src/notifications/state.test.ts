/** What the panel promises about a mail is what the server does with it. */

import { describe, expect, it } from "vitest";
import { outlook, sending } from "./state";
import { notifications as t } from "./texts";

describe("the outlook of a mail", () => {
  it("tells a first try from a later one", () => {
    expect(outlook({ status: "waiting", error: null, can_be_sent_again: false })).toBe(t.next.waiting);
    expect(outlook({ status: "waiting", error: "451 later", can_be_sent_again: true })).toBe(t.next.delayed);
  });
  it("does not promise a moment that is long over", () => {
    expect(outlook({ status: "waiting", error: null, can_be_sent_again: true })).toBe(t.next.overdue);
  });
  it("calls sending it by what it is", () => {
    expect(t[sending([{ status: "waiting" }])]).toBe("Send now");
    expect(t[sending([{ status: "failed" }])]).toBe("Send again");
    expect(t[`${sending([{ status: "waiting" }, { status: "not_configured" }])}Many`](2)).toBe("Send 2 again");
    expect(t[`${sending([])}Many`](0)).toBe("Send 0 again");
  });
  it("offers nothing that cannot be", () => {
    expect(outlook({ status: "failed", error: "550 no", can_be_sent_again: true })).toBe(t.next.failed);
    expect(outlook({ status: "failed", error: "550 no", can_be_sent_again: false })).toBe(t.next.gone);
    expect(outlook({ status: "not_configured", error: "none", can_be_sent_again: false })).toBe(t.next.gone);
  });
});
