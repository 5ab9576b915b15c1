// Files on their way in: a name, the upload, what they were understood to be, and what to make of them.
import { Button, Group, Progress, Stack, Text, TextInput, Title } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { previewQuery } from "../api/datasets.ts";
import type { DatasetItem, JsonObject } from "../api/schema.ts";
import { ErrorNote } from "../ui/ErrorNote.tsx";
import { formatBytes, formatPercent } from "../ui/format.ts";
import { Loading } from "../ui/Loading.tsx";
import { ImportOptions } from "./ImportOptions.tsx";
import { nameFor } from "./naming.ts";
import { PreviewView } from "./PreviewView.tsx";
import { useImport } from "./useImport.ts";

type Props = {
  files: File[];
  /** The name that an experiment asks for. */
  asked: string | null;
  taken: string[];
  onDone: (item: DatasetItem) => void;
  onCancel: () => void;
};

export function ImportPanel({ files, asked, taken, onDone, onCancel }: Props) {
  const { t } = useTranslation();
  const { step, send, finish, refused, cancel } = useImport(files, onCancel);
  const [name, setName] = useState(() =>
    asked !== null && !taken.includes(asked) ? asked : nameFor(files, taken),
  );
  return (
    <section className="oqu-panel oqu-import" aria-labelledby="import-title">
      <Group justify="space-between" mb="sm" wrap="nowrap" align="start">
        <div>
          <Title order={2} id="import-title">
            {step.at === "name" ? t("data.import_title") : name}
          </Title>
          <Text size="sm" c="dimmed">
            {files.map((file) => `${file.name} (${formatBytes(file.size)})`).join(", ")}
          </Text>
        </div>
        <Button variant="default" onClick={cancel} disabled={step.at === "importing"}>
          {t("common.cancel")}
        </Button>
      </Group>
      {step.at === "name" && (
        <NameForm name={name} onName={setName} onSend={() => void send(name)} problem={step.problem} />
      )}
      {step.at === "sending" && <Sending share={step.share} />}
      {(step.at === "looking" || step.at === "importing") && (
        <Looking
          id={step.id}
          busy={step.at === "importing"}
          refused={refused}
          onImport={async (options) => {
            const item = await finish(options);
            if (item !== null) onDone(item);
          }}
        />
      )}
    </section>
  );
}

type NameProps = { name: string; onName: (name: string) => void; onSend: () => void; problem: unknown };

function NameForm({ name, onName, onSend, problem }: NameProps) {
  const { t } = useTranslation();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== "") onSend();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Group align="end" gap="sm">
          <TextInput
            label={t("data.name")}
            description={t("data.name_help")}
            value={name}
            maxLength={120}
            required
            size="sm"
            w={320}
            data-autofocus
            onChange={(event) => onName(event.currentTarget.value)}
          />
          <Button type="submit" size="sm">
            {t("data.look")}
          </Button>
        </Group>
        {problem !== undefined && <ErrorNote problem={problem} compact />}
      </Stack>
    </form>
  );
}

function Sending({ share }: { share: number }) {
  const { t } = useTranslation();
  const words = t("data.sending", { share: formatPercent(share, 0) });
  return (
    <div role="status">
      <Text size="sm" mb={6}>
        {words}
      </Text>
      <Progress value={share * 100} aria-label={words} />
    </div>
  );
}

type LookingProps = {
  id: string;
  busy: boolean;
  refused: unknown;
  onImport: (options: JsonObject) => Promise<void>;
};

function Looking({ id, busy, refused, onImport }: LookingProps) {
  const { t } = useTranslation();
  const [options, setOptions] = useState<JsonObject>({});
  const { data, error, isPending, isFetching } = useQuery({
    ...previewQuery(id, options),
    placeholderData: keepPreviousData,
  });
  if (isPending) return <Loading text={t("data.looking")} />;
  return (
    <Stack gap="md">
      {data && <ImportOptions preview={data} options={options} onChange={setOptions} problem={error} />}
      {error && (
        <>
          <ErrorNote problem={error} compact />
          {Object.keys(options).length > 0 && (
            <Button variant="default" onClick={() => setOptions({})} style={{ alignSelf: "start" }}>
              {t("data.as_found")}
            </Button>
          )}
        </>
      )}
      {data && !error && (
        <div style={{ opacity: isFetching ? 0.6 : 1 }}>
          <PreviewView preview={data} options={options} onOptions={setOptions} />
        </div>
      )}
      {refused !== null && <ErrorNote problem={refused} compact />}
      {data && !error && (
        <Group gap="sm" className="oqu-import-foot">
          <Button size="sm" loading={busy} disabled={isFetching} onClick={() => void onImport(options)}>
            {t("data.import")}
          </Button>
          {busy && (
            <Text size="sm" c="dimmed" role="status">
              {t("data.importing")}
            </Text>
          )}
        </Group>
      )}
    </Stack>
  );
}
