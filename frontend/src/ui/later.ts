// Parts of a page that nobody needs in the first second: fetched while the browser is idle, or when shown.
import { type ComponentType, type LazyExoticComponent, lazy } from "react";

export function later<P>(load: () => Promise<ComponentType<P>>): LazyExoticComponent<ComponentType<P>> {
  const once = cached(async () => ({ default: await load() }));
  whenIdle(() => void once().catch(() => undefined)); // shown later, it says what is wrong
  return lazy(once);
}

function cached<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | null = null;
  return () => {
    loading ??= load().catch((thrown) => {
      loading = null;
      throw thrown;
    });
    return loading;
  };
}

const QUIET_MS = 1500;

function whenIdle(action: () => void): void {
  setTimeout(
    () => ("requestIdleCallback" in window ? window.requestIdleCallback(action) : action()),
    QUIET_MS,
  );
}
