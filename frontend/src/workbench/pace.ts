// How fast a run may go so that it can be watched: the few paces offered, and the time that is left.
import type { DataInfo, ExperimentDocument, Pace } from "../api/schema.ts";

export const FULL = "full";
export const PACES = ["1", "10", "30", "60", FULL] as const;

/** The pace a toy problem starts with, when its document names none: fast enough to see it through in half a minute. */
export const WATCHED: Pace = { unit: "epoch", per_second: 20 };

export function paceName(pace: Pace | null | undefined): string {
  return pace ? String(pace.per_second) : FULL;
}

export function paceOf(name: string): Pace | null {
  return name === FULL ? null : { unit: "epoch", per_second: Number(name) };
}

/** What the document says; where it says nothing, points in the plane are watched and all else goes at full speed. */
export function paceIn(document: ExperimentDocument, info: DataInfo | null): Pace | null {
  const said = document.run?.pace;
  if (said !== undefined) return said;
  return info?.form === "points" ? WATCHED : null;
}

type Sample = { at: number; epoch: number };

const WINDOW_MS = 6_000;

/** Measures epochs per second over the last few seconds. */
export class Clock {
  private samples: Sample[] = [];

  see(epoch: number, at: number): void {
    const last = this.samples.at(-1);
    if (last && epoch < last.epoch) this.samples = [];
    if (last?.epoch !== epoch) this.samples.push({ at, epoch });
    while (this.samples.length > 2 && at - (this.samples[0] as Sample).at > WINDOW_MS) this.samples.shift();
  }

  /** Epochs per second; null as long as nobody can know. */
  rate(): number | null {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (!first || !last || last.at - first.at < 400) return null;
    return ((last.epoch - first.epoch) * 1000) / (last.at - first.at);
  }

  left(epochs: number): number | null {
    const rate = this.rate();
    const last = this.samples.at(-1);
    return rate === null || rate <= 0 || !last ? null : (epochs - last.epoch) / rate;
  }

  clear(): void {
    this.samples = [];
  }
}
