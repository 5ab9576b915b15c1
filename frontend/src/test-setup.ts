// What jsdom lacks and Mantine asks for.
import { cleanup } from "@testing-library/react";
import { afterEach } from "vitest";

window.matchMedia = (query: string): MediaQueryList =>
  ({
    matches: false,
    media: query,
    onchange: null,
    addListener: () => undefined,
    removeListener: () => undefined,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    dispatchEvent: () => false,
  }) as MediaQueryList;

class Observer {
  observe() {}
  unobserve() {}
  disconnect() {}
}
window.ResizeObserver ??= Observer;
Element.prototype.scrollIntoView ??= () => undefined;

afterEach(cleanup);
