import { act, renderHook } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
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

  it("says nothing of a newer version that changes nothing of what is edited", () => {
    const { result, rerender } = drafting();
    act(() => result.current.set({ grace: "10" }));
    rerender({ newest: { version: 2, grace: 0 } });
    expect(result.current).toMatchObject({ draft: { grace: "10" }, stand: { version: 2 }, theirs: null });
  });
});

describe("saving a draft", () => {
  const refusal = { status: 412, code: "precondition_failed", detail: "Somebody else changed this in the meantime." };

  it("sends the version that it stands on", async () => {
    const { result } = drafting();
    const send = vi.fn(() => Promise.resolve());
    const reread = vi.fn();
    await expect(result.current.save(send, reread)).resolves.toBe(true);
    expect(send).toHaveBeenCalledWith({ "If-Match": '"1"' });
    expect(reread).not.toHaveBeenCalled();
  });

  it("keeps what was typed when somebody was first, tells of theirs, and replaces it when asked again", async () => {
    const { result } = drafting();
    act(() => result.current.set({ grace: "10" }));
    const send = vi.fn(() => Promise.resolve()).mockRejectedValueOnce(refusal);
    await act(() => expect(result.current.save(send, () => Promise.resolve({ version: 2, grace: 30 }))).resolves.toBe(false));
    expect(send).toHaveBeenCalledTimes(1);
    expect(result.current).toMatchObject({ draft: { grace: "10" }, theirs: { grace: 30 } });
    await act(() => expect(result.current.save(send, vi.fn())).resolves.toBe(true));
    expect(send).toHaveBeenLastCalledWith({ "If-Match": '"2"' });
    expect(result.current.theirs).toBeNull();
  });

  it("goes on by itself where the newer version changes nothing of what is edited", async () => {
    const { result } = drafting();
    act(() => result.current.set({ grace: "10" }));
    const send = vi.fn(() => Promise.resolve()).mockRejectedValueOnce(refusal);
    await act(() => expect(result.current.save(send, () => Promise.resolve({ version: 2, grace: 0 }))).resolves.toBe(true));
    expect(send).toHaveBeenLastCalledWith({ "If-Match": '"2"' });
  });

  it("passes on every other refusal, and that of a thing that is gone", async () => {
    const { result } = drafting();
    const other = { status: 409, code: "name_taken", detail: "There is one of this name already." };
    await expect(result.current.save(() => Promise.reject(other), vi.fn())).rejects.toBe(other);
    await act(() => expect(result.current.save(() => Promise.reject(refusal), () => Promise.resolve(undefined))).rejects.toBe(refusal));
  });
});
