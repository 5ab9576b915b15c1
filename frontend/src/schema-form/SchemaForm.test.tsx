import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { JsonObject, JsonSchema, Problem } from "../api/schema.ts";
import { start } from "../i18n/index.ts";
import { SchemaForm } from "./SchemaForm.tsx";

start("en");

const schema: JsonSchema = {
  type: "object",
  properties: {
    type: { const: "Thing", default: "Thing" },
    units: {
      anyOf: [{ type: "integer", minimum: 1 }, { type: "null" }],
      default: null,
      title: "Units",
      description: "From the data when absent",
    },
    rate: { type: "number", exclusiveMinimum: 0, maximum: 1, default: 0.1, title: "Rate", unit: "1/s" },
    bias: { type: "boolean", default: true, title: "Bias" },
    size: {
      type: "array",
      prefixItems: [{ type: "integer" }, { type: "integer" }],
      minItems: 2,
      maxItems: 2,
      title: "Size",
      default: [3, 3],
    },
    rare: { type: "integer", default: 1, title: "Rare", advanced: true },
  },
};

function form(value: JsonObject, problems: Problem[] = []) {
  const onChange = vi.fn();
  render(
    <MantineProvider>
      <SchemaForm
        schema={schema}
        value={value}
        path={["layers", 0]}
        words="layer.Thing"
        onChange={onChange}
        problems={problems}
      />
    </MantineProvider>,
  );
  return onChange;
}

test("every setting has a label, and its default stands in it", () => {
  form({ type: "Thing" });
  expect(screen.getByLabelText<HTMLInputElement>("Rate").value).toBe("0.1");
  expect(screen.getByLabelText<HTMLInputElement>("Units").placeholder).toBe("automatic");
  expect(screen.getByLabelText<HTMLInputElement>("Bias").checked).toBe(true);
  expect(screen.queryByText("1 more setting")).not.toBeNull();
});

test("a typed number is told with its path, an emptied one is taken away", async () => {
  const onChange = form({ type: "Thing", units: 4 });
  const units = screen.getByLabelText("Units");
  await userEvent.clear(units);
  expect(onChange).toHaveBeenLastCalledWith(["layers", 0, "units"], undefined);
  await userEvent.type(units, "12");
  expect(onChange).toHaveBeenLastCalledWith(["layers", 0, "units"], 12);
});

test("a number out of bounds is said at once, the server's words otherwise", async () => {
  const problem: Problem = {
    error: "ShapeError",
    key: "error.none_such",
    params: {},
    detail: "It does not fit.",
    where: { path: ["layers", 0, "units"], layer: null, row: null, column: null },
    hint: "Take 3.",
  };
  form({ type: "Thing", units: 4 }, [problem]);
  expect(screen.queryByText("It does not fit. Take 3.")).not.toBeNull();
  await userEvent.clear(screen.getByLabelText("Rate"));
  await userEvent.type(screen.getByLabelText("Rate"), "7");
  expect(screen.queryByText(/Too large/)).not.toBeNull();
});

test("arrow keys step a number, and a pair changes one of its places", async () => {
  const onChange = form({ type: "Thing", size: [3, 3] });
  await userEvent.type(screen.getByLabelText("Rate"), "{ArrowUp}");
  expect(onChange).toHaveBeenLastCalledWith(["layers", 0, "rate"], 0.2);
  await userEvent.type(screen.getByLabelText("Size 2"), "{ArrowUp}");
  expect(onChange).toHaveBeenLastCalledWith(["layers", 0, "size"], [3, 4]);
});
