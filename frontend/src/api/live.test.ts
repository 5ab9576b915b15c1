import { beforeEach, describe, expect, it } from "vitest";
import { LiveConnection, type LiveState, parseEvents, parseFrame } from "./live.ts";
import type { Frame, RunEvent } from "./schema.ts";

/** A websocket whose other end is the test. */
class FakeSocket {
  readyState = 0;
  binaryType = "";
  sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string | ArrayBuffer }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor(readonly url: string) {}

  send(text: string) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
    this.onclose?.();
  }

  opens() {
    this.readyState = 1;
    this.onopen?.();
  }

  says(...events: { seq: number; kind?: string }[]) {
    this.onmessage?.({
      data: JSON.stringify(events.map((event) => ({ kind: "state", state: "running", ...event }))),
    });
  }

  shows(frame: ArrayBuffer) {
    this.onmessage?.({ data: frame });
  }
}

function frameOf(header: object, body: Uint8Array): ArrayBuffer {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const buffer = new ArrayBuffer(4 + json.length + body.length);
  new DataView(buffer).setUint32(0, json.length);
  new Uint8Array(buffer).set(json, 4);
  new Uint8Array(buffer).set(body, 4 + json.length);
  return buffer;
}

let sockets: FakeSocket[];
let timers: (() => void)[];
let seen: number[];
let states: LiveState[];

const newest = () => sockets[sockets.length - 1] as FakeSocket;

function connect(after = 0): LiveConnection {
  return new LiveConnection(
    "run 1",
    after,
    {
      onEvents: (events: RunEvent[]) => seen.push(...events.map((event) => event.seq)),
      onState: (state) => states.push(state),
    },
    {
      open: (url) => {
        const socket = new FakeSocket(url);
        sockets.push(socket);
        return socket as unknown as WebSocket;
      },
      later: (action) => {
        timers.push(action);
        return () => timers.splice(timers.indexOf(action), 1);
      },
    },
  );
}

beforeEach(() => {
  sockets = [];
  timers = [];
  seen = [];
  states = [];
});

describe("the live connection", () => {
  it("asks for what comes after the last number it has", () => {
    connect(17);
    expect(newest().url).toMatch(/^ws:.*\/api\/runs\/run%201\/live\?after=17$/);
  });

  it("comes back after a cut and asks for the rest: nothing missed, nothing doubled", () => {
    connect();
    newest().opens();
    newest().says({ seq: 1 }, { seq: 2 });
    newest().close();
    expect(states.at(-1)).toBe("waiting");
    timers.shift()?.();
    expect(newest().url).toMatch(/after=2$/);
    newest().opens();
    newest().says({ seq: 2 }, { seq: 3 });
    newest().says({ seq: 3 }, { seq: 4 });
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it("asks again when a number is missing", () => {
    connect();
    newest().opens();
    newest().says({ seq: 1 });
    newest().says({ seq: 4 });
    expect(seen).toEqual([1]);
    expect(sockets).toHaveLength(2);
    expect(newest().url).toMatch(/after=1$/);
    newest().opens();
    newest().says({ seq: 2 }, { seq: 3 }, { seq: 4 });
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it("does not listen to a connection it has given up", () => {
    connect();
    const old = newest();
    old.opens();
    old.close();
    timers.shift()?.();
    old.says({ seq: 1 });
    old.close();
    expect(seen).toEqual([]);
    expect(timers).toEqual([]);
  });

  it("survives cuts at any place in the stream", () => {
    connect();
    const total = 50;
    for (let cut = 0; seen.length < total; cut++) {
      const after = Number(new URL(newest().url).searchParams.get("after"));
      newest().opens();
      for (let seq = after + 1; seq <= Math.min(total, after + 1 + ((cut * 7) % 5)); seq++)
        newest().says({ seq });
      newest().close();
      timers.shift()?.();
    }
    expect(seen).toEqual(Array.from({ length: total }, (_, i) => i + 1));
  });

  it("closes for good after the last event", () => {
    connect();
    newest().opens();
    newest().says({ seq: 1 }, { seq: 2, kind: "ended" });
    expect(states.at(-1)).toBe("closed");
    expect(timers).toEqual([]);
    expect(sockets).toHaveLength(1);
  });

  it("hurries when the network is back", () => {
    const live = connect();
    newest().opens();
    newest().close();
    live.hurry();
    expect(sockets).toHaveLength(2);
    expect(timers).toEqual([]);
  });
});

describe("live pictures", () => {
  it("are asked for once for equal questions, and again after a cut", () => {
    const live = connect();
    const frames: Frame[] = [];
    const stop = live.watch("decision_map", { size: 50 }, (frame) => frames.push(frame));
    newest().opens();
    live.watch("decision_map", { size: 50 }, (frame) => frames.push(frame));
    expect(newest().sent).toEqual([{ watch: "decision_map", id: 1, params: { size: 50 } }]);
    newest().shows(frameOf({ id: 1, probe: "decision_map", dtype: "uint8" }, new Uint8Array([1, 2])));
    expect(frames).toHaveLength(2);
    newest().close();
    timers.shift()?.();
    newest().opens();
    expect(newest().sent).toEqual([{ watch: "decision_map", id: 1, params: { size: 50 } }]);
    stop();
    expect(newest().sent).toHaveLength(1);
  });

  it("are given up when nobody watches any more", () => {
    const live = connect();
    newest().opens();
    const stop = live.watch("confusion_matrix", {}, () => undefined);
    stop();
    expect(newest().sent.at(-1)).toEqual({ unwatch: 1 });
  });

  it("reach the one who asked", () => {
    const live = connect();
    newest().opens();
    const got: string[] = [];
    live.watch("a", {}, () => got.push("a"));
    live.watch("b", {}, () => got.push("b"));
    newest().shows(frameOf({ id: 2, probe: "b" }, new Uint8Array()));
    expect(got).toEqual(["b"]);
  });

  it("are read as numbers of their kind, wherever the header ends", () => {
    const numbers = new Float32Array([0.25, -1.5]);
    for (const probe of ["x", "xy", "xyz", "xyzz"]) {
      const frame = parseFrame(
        frameOf({ id: 1, probe, dtype: "float32", shape: [2] }, new Uint8Array(numbers.buffer)),
      );
      expect(Array.from(frame.data)).toEqual([0.25, -1.5]);
      expect(frame.header.shape).toEqual([2]);
    }
  });

  it("can be a problem without numbers", () => {
    const frame = parseFrame(frameOf({ id: 1, probe: "x", error: { detail: "no" } }, new Uint8Array()));
    expect(frame.header.error?.detail).toBe("no");
    expect(frame.data).toHaveLength(0);
  });
});

describe("text frames", () => {
  it("hold one event or several", () => {
    expect(parseEvents('{"seq":1,"kind":"state"}')).toHaveLength(1);
    expect(parseEvents('[{"seq":1,"kind":"state"},{"seq":2,"kind":"state"}]')).toHaveLength(2);
  });
});
