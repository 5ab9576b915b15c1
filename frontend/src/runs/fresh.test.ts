import { expect, test, vi } from "vitest";
import type { Run } from "../api/schema.ts";
import { recall, remember } from "./fresh.ts";

test("a run is fresh for a moment after it was submitted here, and no other run is", () => {
  vi.useFakeTimers();
  remember({ id: "a" } as Run);
  expect(recall("a")?.id).toBe("a");
  expect(recall("b")).toBeNull();
  vi.advanceTimersByTime(6_000);
  expect(recall("a")).toBeNull();
  vi.useRealTimers();
});
