// All layer kinds by category, with search. A click or Enter puts one after the selected layer; dragging works too.
import { Text, TextInput, Tooltip, UnstyledButton } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { kindHelp, kindTitle } from "../api/kinds.ts";
import type { CatalogEntry } from "../api/schema.ts";
import { fromPython } from "../i18n/index.ts";
import { DRAGGED } from "./Canvas.tsx";

type Props = { entries: readonly CatalogEntry[]; onAdd: (entry: CatalogEntry) => void };

export function Palette({ entries, onAdd }: Props) {
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const groups = useMemo(() => grouped(entries, search), [entries, search]);
  const first = groups[0]?.entries[0];
  return (
    <div className="oqu-palette">
      <TextInput
        aria-label={t("editor.palette_search")}
        placeholder={t("editor.palette_search")}
        leftSection={<IconSearch size={14} aria-hidden />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && first) onAdd(first);
          if (event.key === "Escape") setSearch("");
        }}
      />
      <div className="oqu-palette-list">
        {groups.map(({ category, entries }) => (
          <section key={category} aria-label={category}>
            <Text size="xs" c="dimmed" fw={600} mt={6} mb={2}>
              {category}
            </Text>
            <div className="oqu-chips">
              {entries.map((entry) => (
                <Tooltip
                  key={entry.type}
                  label={firstSentence(kindHelp(entry))}
                  multiline
                  maw={280}
                  position="right"
                >
                  <UnstyledButton
                    className="oqu-chip"
                    draggable
                    onDragStart={(event) => {
                      event.dataTransfer.setData(DRAGGED, entry.type);
                      event.dataTransfer.effectAllowed = "copy";
                    }}
                    onClick={() => onAdd(entry)}
                  >
                    {kindTitle(entry)}
                  </UnstyledButton>
                </Tooltip>
              ))}
            </div>
          </section>
        ))}
        {groups.length === 0 && (
          <Text size="sm" c="dimmed" mt="xs">
            {t("editor.palette_nothing", { search })}
          </Text>
        )}
      </div>
    </div>
  );
}

/** What most networks are made of comes first; the rest in the order of the catalogue. */
const FIRST = ["dense", "activation", "convolution", "pooling", "shape"];

function grouped(entries: readonly CatalogEntry[], search: string) {
  const wanted = search.trim().toLowerCase();
  const found = entries.filter((entry) =>
    `${entry.type} ${kindTitle(entry)} ${kindHelp(entry)} ${entry.category}`.toLowerCase().includes(wanted),
  );
  const named = (entry: CatalogEntry) => (entry.type.toLowerCase().startsWith(wanted) ? 0 : 1);
  if (wanted !== "") found.sort((a, b) => named(a) - named(b));
  const categories = [...new Set(found.map((entry) => entry.category))];
  if (wanted === "") categories.sort((a, b) => place(a) - place(b));
  return categories.map((category) => ({
    category: fromPython(`category.${category}`, category),
    entries: found.filter((entry) => entry.category === category),
  }));
}

function place(category: string): number {
  const at = FIRST.indexOf(category);
  return at < 0 ? FIRST.length : at;
}

export function firstSentence(text: string): string {
  const paragraph = text.split("\n\n")[0] ?? "";
  return paragraph.replaceAll("\n", " ");
}
