// A document in the fragment of an address: compressed, never sent to a server by following the link.

import { type Document, isDocument } from "./document.ts";

const KEY = "experiment=";
const MAX_CHARACTERS = 200_000;

type Bytes = Uint8Array<ArrayBuffer>;

async function through(bytes: Bytes, stream: CompressionStream | DecompressionStream): Promise<Bytes> {
  const writer = stream.writable.getWriter();
  // A damaged link fails here too; the reading side tells.
  void writer.write(bytes).catch(() => undefined);
  void writer.close().catch(() => undefined);
  return new Uint8Array(await new Response(stream.readable).arrayBuffer());
}

function toText(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function toBytes(text: string): Bytes {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** The fragment, with its "#". */
export async function encode(document: Document): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  return `#${KEY}${toText(await through(new Uint8Array(bytes), new CompressionStream("deflate-raw")))}`;
}

/** The document in a fragment; null when there is none or it is damaged. */
export async function decode(fragment: string): Promise<Document | null> {
  const start = fragment.indexOf(KEY);
  if (start < 0 || fragment.length > MAX_CHARACTERS) return null;
  try {
    const bytes = await through(
      toBytes(fragment.slice(start + KEY.length)),
      new DecompressionStream("deflate-raw"),
    );
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isDocument(value) ? value : null;
  } catch {
    return null;
  }
}
