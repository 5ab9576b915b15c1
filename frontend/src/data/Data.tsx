// Own data: bring files, see what they are, train on them.
import "./data.css";
import { Text, Title } from "@mantine/core";
import { IconDatabase } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";
import { useDatasets } from "../api/datasets.ts";
import type { DatasetItem } from "../api/schema.ts";
import { EmptyState } from "../ui/EmptyState.tsx";
import { ErrorNote } from "../ui/ErrorNote.tsx";
import { Loading } from "../ui/Loading.tsx";
import { notify } from "../ui/notify.ts";
import { openDraft } from "../workbench/draft.ts";
import { DatasetCard } from "./DatasetCard.tsx";
import { DropZone } from "./DropZone.tsx";
import { ImportPanel } from "./ImportPanel.tsx";
import { suitable } from "./suit.ts";

const NOTHING: DatasetItem[] = [];

export function Data() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { data: items = NOTHING, isPending, error, refetch } = useDatasets();
  const [files, setFiles] = useState<File[] | null>(null);
  const [search, setSearch] = useSearchParams();
  const asked = search.get("name");

  const train = ({ name, sha256, info }: DatasetItem) => {
    if (info === null) return;
    openDraft(suitable({ name, sha256, info }));
    void navigate("/");
  };
  const done = (item: DatasetItem) => {
    setFiles(null);
    setSearch({}, { replace: true });
    void notify({ message: t("data.imported", { name: item.name }), color: "teal" });
  };

  return (
    <div className="oqu-content">
      <Title order={1}>{t("data.title")}</Title>
      <Text c="dimmed" size="sm" mb="md">
        {[t("data.intro"), asked && t("data.asked", { name: asked })].filter(Boolean).join(" ")}
      </Text>
      {files === null ? (
        <DropZone onFiles={setFiles} />
      ) : (
        <ImportPanel
          files={files}
          asked={asked}
          taken={items.map((item) => item.name)}
          onDone={done}
          onCancel={() => setFiles(null)}
        />
      )}
      {isPending && <Loading />}
      {error && <ErrorNote problem={error} retry={() => void refetch()} />}
      {files === null && !isPending && !error && items.length === 0 && (
        <EmptyState
          icon={<IconDatabase size={40} stroke={1.3} />}
          title={t("data.empty")}
          text={t("data.empty_hint")}
        />
      )}
      <div className="oqu-datasets">
        {listed(items).map((item) => (
          <DatasetCard key={item.id} item={item} onTrain={() => train(item)} />
        ))}
      </div>
    </div>
  );
}

/** The newest first; those whose import was broken off last. */
function listed(items: readonly DatasetItem[]): DatasetItem[] {
  return [...items].sort(
    (a, b) => Number(a.info === null) - Number(b.info === null) || (b.created < a.created ? -1 : 1),
  );
}
