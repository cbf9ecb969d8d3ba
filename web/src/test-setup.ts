import { configure } from "@testing-library/react";

// How long a text may take to appear: a machine that does other things is slow.
configure({ asyncUtilTimeout: 30_000 });

/** What a browser has and the tests' imitation of one has not. */
window.matchMedia ??= (query: string) => ({ matches: false, media: query, addEventListener: () => undefined, removeEventListener: () => undefined, addListener: () => undefined, removeListener: () => undefined, dispatchEvent: () => false, onchange: null }) as MediaQueryList;
globalThis.ResizeObserver ??= class {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
};
Element.prototype.scrollIntoView ??= () => undefined;
