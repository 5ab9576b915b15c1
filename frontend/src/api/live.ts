// The live connection to a run: reconnects, replays by number, hands each event on exactly once.
import { part } from "./client.ts";
import type { Frame, FrameData, FrameHeader, JsonObject, RunEvent } from "./schema.ts";

export type LiveState = "connecting" | "open" | "waiting" | "closed";

export type LiveHandlers = {
  /** New events in order, without gaps or doubles. */
  onEvents: (events: RunEvent[]) => void;
  onState?: (state: LiveState) => void;
};

export type FrameCallback = (frame: Frame) => void;

/** What the connection needs of the world; a test gives its own. */
export type LiveWorld = {
  open: (url: string) => WebSocket;
  later: (action: () => void, ms: number) => () => void;
};

const browser: LiveWorld = {
  open: (url) => new WebSocket(url),
  later: (action, ms) => {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 8_000;
const RUN_IS_OVER = 1000;

type Watched = {
  id: number;
  probe: string;
  params: JsonObject;
  callbacks: Set<FrameCallback>;
  last: Frame | null;
};

export class LiveConnection {
  private socket: WebSocket | null = null;
  private cancelRetry: (() => void) | null = null;
  private delay = FIRST_DELAY_MS;
  private watched = new Map<string, Watched>();
  private nextWatch = 1;
  private replayedFor = -1; // the number after which a gap was already asked for again
  private state: LiveState = "connecting";

  constructor(
    private readonly runId: string,
    private after: number,
    private readonly handlers: LiveHandlers,
    private readonly world: LiveWorld = browser,
  ) {
    this.connect();
  }

  /** Ask for live pictures of a probe; gives back how to stop. Equal questions share one answer. */
  watch(probe: string, params: JsonObject, callback: FrameCallback): () => void {
    const key = JSON.stringify([probe, params]);
    let watched = this.watched.get(key);
    if (watched === undefined) {
      watched = { id: this.nextWatch++, probe, params, callbacks: new Set(), last: null };
      this.watched.set(key, watched);
      this.say({ watch: probe, id: watched.id, params });
    } else if (watched.last !== null) {
      callback(watched.last);
    }
    const mine = watched;
    mine.callbacks.add(callback);
    return () => {
      mine.callbacks.delete(callback);
      if (mine.callbacks.size > 0 || this.watched.get(key) !== mine) return;
      this.watched.delete(key);
      this.say({ unwatch: mine.id });
    };
  }

  /** Try again now: the machine woke up, or the network is back. */
  hurry(): void {
    if (this.state !== "waiting") return;
    this.cancelRetry?.();
    this.connect();
  }

  close(): void {
    this.enter("closed");
    this.cancelRetry?.();
    this.drop();
  }

  private connect(): void {
    this.cancelRetry = null;
    this.enter("connecting");
    const socket = this.world.open(liveUrl(this.runId, this.after));
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => {
      if (socket !== this.socket) return;
      this.enter("open");
      for (const { probe, id, params } of this.watched.values()) this.say({ watch: probe, id, params });
    };
    socket.onmessage = (message: MessageEvent<string | ArrayBuffer>) => {
      if (socket !== this.socket) return;
      if (typeof message.data === "string") this.take(parseEvents(message.data));
      else this.show(parseFrame(message.data));
    };
    socket.onclose = (end?: CloseEvent) => {
      if (socket !== this.socket) return;
      if (end?.code === RUN_IS_OVER) this.close();
      else this.retry();
    };
  }

  private take(events: RunEvent[]): void {
    const fresh = events.filter((event) => event.seq > this.after);
    const first = fresh[0];
    if (first === undefined) return;
    if (first.seq > this.after + 1 && this.replayedFor !== this.after) {
      this.replayedFor = this.after; // something is missing: ask for it, once
      this.drop();
      this.connect();
      return;
    }
    this.delay = FIRST_DELAY_MS;
    this.after = fresh[fresh.length - 1]?.seq ?? this.after;
    this.handlers.onEvents(fresh);
    if (fresh.some((event) => event.kind === "ended")) this.close();
  }

  private show(frame: Frame): void {
    for (const watched of this.watched.values()) {
      if (watched.id !== frame.header.id) continue;
      watched.last = frame;
      for (const callback of watched.callbacks) callback(frame);
    }
  }

  private retry(): void {
    this.socket = null;
    this.enter("waiting");
    const wait = this.delay * (0.75 + Math.random() / 2); // thirty pages do not come back at once
    this.delay = Math.min(this.delay * 2, LONGEST_DELAY_MS);
    this.cancelRetry = this.world.later(() => this.connect(), wait);
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private say(message: JsonObject): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(message));
  }

  private enter(state: LiveState): void {
    if (this.state === "closed") return;
    this.state = state;
    this.handlers.onState?.(state);
  }
}

function liveUrl(runId: string, after: number): string {
  const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${window.location.host}/api/runs/${part(runId)}/live?after=${after}`;
}

/** A text frame: one event, or several in an array. */
export function parseEvents(text: string): RunEvent[] {
  const parsed: unknown = JSON.parse(text);
  const list = Array.isArray(parsed) ? parsed : [parsed];
  return list.filter(isEvent);
}

function isEvent(value: unknown): value is RunEvent {
  return typeof value === "object" && value !== null && "seq" in value && "kind" in value;
}

const NUMBERS: Record<string, (body: ArrayBuffer) => FrameData> = {
  uint8: (body) => new Uint8Array(body),
  float32: (body) => new Float32Array(body),
  int32: (body) => new Int32Array(body),
};

/** A binary frame: the header's length (4 bytes, big-endian), the header as JSON, the numbers. */
export function parseFrame(buffer: ArrayBuffer): Frame {
  const length = new DataView(buffer).getUint32(0);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length))) as FrameHeader;
  const body = buffer.slice(4 + length); // a copy, so that wider numbers are aligned
  const read = NUMBERS[header.dtype ?? "uint8"];
  if (read === undefined) throw new Error(`a frame of ${header.dtype}`);
  return { header, data: read(body) };
}
