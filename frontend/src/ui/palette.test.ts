import { describe, expect, it } from "vitest";
import {
  BLUE,
  CLASS_COLORS,
  classColor,
  inkOn,
  luminance,
  mix,
  ORANGE,
  type Rgb,
  rgb,
  signColor,
} from "./palette.ts";

// Machado, Oliveira, Fernandes 2009: how the colours look without one kind of cone (severity 1.0, linear RGB).
const SIGHTS: { [name: string]: number[] } = {
  "all cones": [1, 0, 0, 0, 1, 0, 0, 0, 1],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

const linear = (value: number) => {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
};

/** OKLab (Ottosson 2020) of a colour as it is seen. */
function seen(hex: string, sight: number[]): Rgb {
  const [r, g, b] = rgb(hex).map(linear) as Rgb;
  const at = (i: number) =>
    Math.max(0, (sight[i] ?? 0) * r + (sight[i + 1] ?? 0) * g + (sight[i + 2] ?? 0) * b);
  const [x, y, z] = [at(0), at(3), at(6)];
  const l = Math.cbrt(0.4122214708 * x + 0.5363325363 * y + 0.0514459929 * z);
  const m = Math.cbrt(0.2119034982 * x + 0.6806995451 * y + 0.1073969566 * z);
  const s = Math.cbrt(0.0883024619 * x + 0.2817188376 * y + 0.6299787005 * z);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function distance(a: string, b: string, sight: number[]): number {
  const [p, q] = [seen(a, sight), seen(b, sight)];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

describe("the ten class colours", () => {
  it.each(Object.keys(SIGHTS))("can be told apart with %s", (name) => {
    const sight = SIGHTS[name] ?? [];
    const pairs = CLASS_COLORS.flatMap((a, i) => CLASS_COLORS.slice(i + 1).map((b) => [a, b] as const));
    const closest = pairs.map(([a, b]) => ({ a, b, d: distance(a, b, sight) })).sort((p, q) => p.d - q.d)[0];
    expect(closest?.d, `${closest?.a} and ${closest?.b}`).toBeGreaterThan(0.1);
  });

  it("begin with TensorFlow Playground's pair and go round", () => {
    expect([classColor(0), classColor(1), classColor(10), classColor(-1)]).toEqual([
      BLUE,
      ORANGE,
      BLUE,
      CLASS_COLORS[9],
    ]);
  });

  it("carry ink that reads", () => {
    for (const color of CLASS_COLORS) {
      const [ground, ink] = [luminance(color), luminance(inkOn(color))];
      expect((Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05)).toBeGreaterThanOrEqual(4.5);
    }
  });
});

describe("signs", () => {
  it("are orange below zero, blue above, the ground between", () => {
    expect(signColor(1)).toEqual(rgb(BLUE));
    expect(signColor(-1)).toEqual(rgb(ORANGE));
    expect(signColor(0)).toEqual([240, 240, 240]);
    expect(mix([0, 0, 0], [255, 255, 255], 2)).toEqual([255, 255, 255]);
  });
});
