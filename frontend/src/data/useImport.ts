// Bringing files in, step by step: name, send, look, import.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { createDataset, datasetsQuery, deleteDataset, importDataset, sendFile } from "../api/datasets.ts";
import type { DatasetItem, JsonObject } from "../api/schema.ts";

export type Step =
  | { at: "name"; problem?: unknown }
  | { at: "sending"; share: number }
  | { at: "looking"; id: string }
  | { at: "importing"; id: string };

export type Import = {
  step: Step;
  send: (name: string) => Promise<void>;
  finish: (options: JsonObject) => Promise<DatasetItem | null>;
  /** Why importing was refused. */
  refused: unknown;
  cancel: () => void;
};

export function useImport(files: readonly File[], onCancel: () => void): Import {
  const client = useQueryClient();
  const [step, setStep] = useState<Step>({ at: "name" });
  const [refused, setRefused] = useState<unknown>(null);
  const sending = useRef(new AbortController());
  const made = useRef<string | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: datasetsQuery.queryKey, exact: true });

  const forget = async () => {
    const id = made.current;
    made.current = null;
    if (id !== null) await deleteDataset(id).catch(() => undefined); // it can be deleted from the list
    await refresh();
  };

  // Whoever leaves half-way leaves nothing behind.
  const leave = useRef(forget);
  leave.current = forget;
  useEffect(
    () => () => {
      sending.current.abort();
      if (made.current !== null) void leave.current();
    },
    [],
  );

  const send = async (name: string) => {
    sending.current = new AbortController();
    setStep({ at: "sending", share: 0 });
    try {
      const { id } = await createDataset(name);
      made.current = id;
      await sendAll(id, files, (share) => setStep({ at: "sending", share }), sending.current.signal);
      setStep({ at: "looking", id });
    } catch (problem) {
      await forget();
      if (!sending.current.signal.aborted) setStep({ at: "name", problem });
    }
  };

  const finish = async (options: JsonObject): Promise<DatasetItem | null> => {
    if (step.at !== "looking") return null;
    const { id } = step;
    setRefused(null);
    setStep({ at: "importing", id });
    try {
      const item = await importDataset(id, options);
      made.current = null;
      await refresh();
      return item;
    } catch (problem) {
      setRefused(problem);
      setStep({ at: "looking", id });
      return null;
    }
  };

  const cancel = () => {
    sending.current.abort();
    void forget();
    onCancel();
  };

  return { step, send, finish, refused, cancel };
}

async function sendAll(
  id: string,
  files: readonly File[],
  onShare: (share: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const total = files.reduce((sum, file) => sum + file.size, 0) || 1;
  let before = 0;
  for (const file of files) {
    await sendFile(id, file, (sent) => onShare((before + sent) / total), signal);
    before += file.size;
  }
}
