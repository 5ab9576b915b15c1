// A number as text: typed in any usual way, stepped with the arrow keys, its bounds said in words.
import { TextInput, Tooltip } from "@mantine/core";
import { type KeyboardEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { formatNumber } from "../ui/format.ts";
import { misfit, next, parse, show } from "./numbers.ts";
import type { NumberField } from "./schema.ts";

type Props = {
  id?: string;
  label?: string;
  field: NumberField;
  value: number | null;
  /** Null when the text was emptied, and only where that means something. */
  onChange: (value: number | null) => void;
  unit?: string;
  /** What stands there when there is no value: "automatic". */
  empty?: string;
  error?: string | null;
  disabled?: boolean;
  describedBy?: string;
  /** What is wrong floats under the field: where there is no room for words. */
  floating?: boolean;
};

const ANY: NumberField = {
  kind: "number",
  integer: false,
  min: null,
  max: null,
  openMin: false,
  openMax: false,
};

export { ANY as ANY_NUMBER };

export function NumberControl(props: Props) {
  const { id, label, field, value, onChange, unit, empty, error, disabled, describedBy, floating } = props;
  const { t } = useTranslation();
  const [text, setText] = useState(value === null ? "" : show(value));

  // The text is the typist's while it means the value; otherwise the value came from elsewhere.
  useEffect(() => {
    setText((known) => (parse(known) === value ? known : value === null ? "" : show(value)));
  }, [value]);

  const number = parse(text);
  const wrong = text.trim() !== "" && number === null;
  const outside = number === null ? null : misfit(number, field);

  function typed(written: string) {
    setText(written);
    const parsed = parse(written);
    if (parsed !== null) onChange(parsed);
    else if (written.trim() === "" && empty !== undefined) onChange(null);
  }

  function keyed(event: KeyboardEvent<HTMLInputElement>) {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    const from = number ?? field.min ?? 0;
    const stepped = next(from, event.key === "ArrowUp" ? 1 : -1, field, event.shiftKey);
    setText(show(stepped));
    onChange(stepped);
  }

  const said = wrong ? t("forms.no_number") : outside ? t(`forms.${outside}`, bounds(field)) : error;

  const input = (
    <TextInput
      id={id}
      aria-label={label}
      aria-describedby={describedBy}
      inputMode={field.integer ? "numeric" : "decimal"}
      value={text}
      placeholder={empty}
      disabled={disabled}
      error={floating ? Boolean(said) : said}
      onChange={(event) => typed(event.currentTarget.value)}
      onKeyDown={keyed}
      onBlur={() => setText(value === null ? "" : show(value))}
      rightSection={unit ? <span className="oqu-unit">{unit}</span> : undefined}
      rightSectionWidth={unit ? 20 + unit.length * 8 : undefined}
      autoComplete="off"
    />
  );
  if (!floating) return input;
  return (
    <Tooltip label={said} opened={Boolean(said)} color="red" position="bottom">
      {input}
    </Tooltip>
  );
}

function bounds(field: NumberField) {
  return {
    min: field.min === null ? "" : formatNumber(field.min),
    max: field.max === null ? "" : formatNumber(field.max),
  };
}
