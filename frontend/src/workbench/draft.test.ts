import { beforeEach, expect, test } from "vitest";
import type { ExperimentDocument } from "../api/schema.ts";
import { useDraft } from "./draft.ts";

const document: ExperimentDocument = {
  name: "x",
  seed: 1,
  data: { type: "spiral" },
  networks: {
    model: { layers: [{ type: "Linear", out_features: 8 }, { type: "Tanh" }, { type: "Linear" }] },
  },
  learner: { type: "supervised", optimizer: { type: "Adam", lr: 0.01 } },
};
const draft = () => useDraft.getState();

beforeEach(() => draft().setDocument(document));

test("a changed document is no longer what its run learns; changed back, it is again", () => {
  draft().bind("run1");
  draft().change({ kind: "remove", role: "model", ids: ["tanh_1"] });
  expect([draft().bound, draft().previous?.id]).toEqual([null, "run1"]);
  draft().undo();
  expect(draft().bound?.id).toBe("run1");
});

test("how it is run is no part of what is learnt", () => {
  draft().bind("run1");
  draft().change({ kind: "set", path: ["run", "pace"], value: { unit: "epoch", per_second: 1 } });
  expect(draft().bound?.id).toBe("run1");
});

test("a setting changed under way keeps the run and is no step to undo", () => {
  draft().bind("run1");
  draft().setLive(["learner", "optimizer", "lr"], 0.1);
  expect(draft().bound?.id).toBe("run1");
  expect(draft().document?.learner.optimizer).toEqual({ type: "Adam", lr: 0.1 });
  expect(draft().history?.past).toHaveLength(0);
});

test("the selection follows a layer whose made-up name changes", () => {
  draft().select({ kind: "layer", role: "model", id: "linear_2" });
  draft().change({ kind: "remove", role: "model", ids: ["linear_1"] });
  draft().select({ kind: "layer", role: "model", id: "linear_1" });
  draft().change({ kind: "wire", role: "model", from: "input", to: "tanh_1", add: false });
  expect(draft().selection).toEqual({ kind: "layer", role: "model", id: "linear_1" });
  draft().change({ kind: "add", role: "model", layer: { type: "ReLU" }, after: "input" });
  expect(draft().selection).toEqual({ kind: "layer", role: "model", id: "relu_1" });
});
