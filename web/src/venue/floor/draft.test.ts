import { act, renderHook } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { useDraft } from "./draft";

interface Rules {
  version: number;
  grace: number;
}

const first: Rules = { version: 1, grace: 0 };

function drafting() {
  return renderHook(({ newest }) => useDraft(newest, (stored: Rules) => ({ grace: String(stored.grace) }), (draft) => Number(draft.grace)), { initialProps: { newest: first } });
}

describe("a draft over what others change", () => {
  it("follows while nothing is typed", () => {
    const { result, rerender } = drafting();
    rerender({ newest: { version: 2, grace: 30 } });
    expect(result.current).toMatchObject({ draft: { grace: "30" }, stand: { version: 2 }, theirs: null });
  });

  it("keeps what was typed and tells of theirs", () => {
    const { result, rerender } = drafting();
    act(() => result.current.set({ grace: "10" }));
    rerender({ newest: { version: 2, grace: 30 } });
    expect(result.current).toMatchObject({ draft: { grace: "10" }, stand: { version: 2 }, theirs: { grace: 30 } });
    act(() => result.current.heed());
    expect(result.current.theirs).toBeNull();
  });

  it("says nothing where both wrote the same, as when one's own save comes back", () => {
    const { result, rerender } = drafting();
    act(() => result.current.set({ grace: "30.0" }));
    rerender({ newest: { version: 2, grace: 30 } });
    expect(result.current).toMatchObject({ draft: { grace: "30.0" }, stand: { version: 2 }, theirs: null });
  });

  it("tells once of a version that a refusal brought first", () => {
    const { result, rerender } = drafting();
    act(() => result.current.set({ grace: "10" }));
    const newer = { version: 2, grace: 30 };
    act(() => result.current.meet(newer));
    expect(result.current.theirs).toBe(newer);
    act(() => result.current.heed());
    rerender({ newest: newer });
    expect(result.current.theirs).toBeNull();
  });
});
