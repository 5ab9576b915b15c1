// What a run answers to one example, asked again a moment after the example changed.
import { useEffect, useState } from "react";
import { problemOf } from "../api/client.ts";
import { predict } from "../api/queries.ts";
import type { Json, PredictAnswer, Problem } from "../api/schema.ts";

const WAIT_MS = 60;
const AGAIN_MS = 1_500;

export type Prediction = { answer: PredictAnswer | null; problem: Problem | null };

const NOTHING: Prediction = { answer: null, problem: null };

/** `learning`: the network still changes, so the same example is asked again now and then. */
export function usePrediction(id: string, input: Json, learning: boolean): Prediction {
  const [prediction, setPrediction] = useState(NOTHING);
  const key = input === null ? null : JSON.stringify(input);
  useEffect(() => {
    if (key === null) {
      setPrediction(NOTHING);
      return;
    }
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      try {
        const answer = await predict(id, [JSON.parse(key) as Json], null, abort.signal);
        setPrediction({ answer, problem: null });
      } catch (thrown) {
        if (!abort.signal.aborted) setPrediction({ answer: null, problem: problemOf(thrown) });
      }
      if (learning && !abort.signal.aborted) timer = setTimeout(ask, AGAIN_MS);
    };
    timer = setTimeout(ask, WAIT_MS);
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [id, key, learning]);
  return prediction;
}
