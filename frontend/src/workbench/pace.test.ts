import { expect, test } from "vitest";
import { Clock, paceName, paceOf } from "./pace.ts";

test("a pace and its name mean each other", () => {
  expect(paceOf(paceName({ unit: "epoch", per_second: 10 }))).toEqual({ unit: "epoch", per_second: 10 });
  expect(paceOf(paceName(null))).toBeNull();
});

test("the time left follows from the last few seconds", () => {
  const clock = new Clock();
  expect(clock.left(100)).toBeNull();
  for (let second = 0; second <= 20; second++) clock.see(second * 2, second * 1000);
  expect(clock.rate()).toBeCloseTo(2);
  expect(clock.left(100)).toBeCloseTo(30);
});

test("a run that begins again is measured anew", () => {
  const clock = new Clock();
  clock.see(50, 0);
  clock.see(60, 1000);
  clock.see(1, 2000);
  expect(clock.rate()).toBeNull();
});
