import { expect, it } from "vitest";
import type { CheckAnswer, Problem } from "../api/schema.ts";
import type { Document } from "../network/document.ts";
import { networkFacts, remarksUnder } from "./facts.ts";

const document = {
  networks: { model: { layers: [{ type: "Linear", out_features: 2 }, { type: "Softmax" }] } },
} as unknown as Document;

function remark(path: (string | number)[]): Problem {
  const where = { path, layer: null, row: null, column: null };
  return { error: "Remark", key: "remark.test", params: {}, detail: "Hm.", where, hint: "" };
}

const check: CheckAnswer = {
  errors: [],
  networks: {},
  data: null,
  digest: "",
  remarks: [remark(["networks", "model", "layers", 1]), remark(["learner", "optimizer", "lr"])],
};

it("says a remark at its layer, and calls nothing wrong", () => {
  const { layers, problems } = networkFacts(document, "model", undefined, check);
  expect([...layers.values()].map((facts) => facts.remarks.length)).toEqual([0, 1]);
  expect([...layers.values()].flatMap((facts) => facts.problems)).toEqual([]);
  expect(problems).toEqual([]);
});

it("keeps the learner's remarks for the learner", () => {
  expect(remarksUnder(check, "learner")).toHaveLength(1);
  expect(remarksUnder(check, "data")).toEqual([]);
  expect(remarksUnder(null, "learner")).toEqual([]);
});
