// A problem in words: what happened, where, and what to do next.
import { Alert, Button, Group, List, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { problemOf } from "../api/client.ts";
import type { Problem } from "../api/schema.ts";
import { hintOf, isNamed, placeOf, sentenceOf } from "./problems.ts";

type Props = {
  /** A Problem, or whatever was thrown. */
  problem: unknown;
  retry?: () => void;
  compact?: boolean;
};

export function ErrorNote({ problem: given, retry, compact = false }: Props) {
  const { t } = useTranslation();
  const problem = asProblem(given);
  const all = problem.problems?.length ? problem.problems : [problem];
  const request = problem.request_id;
  return (
    <Alert
      role="alert"
      color="red"
      variant="light"
      p={compact ? "xs" : "sm"}
      icon={<IconAlertTriangle size={18} aria-hidden />}
      title={compact ? undefined : t("problem.title")}
    >
      {all.length === 1 ? (
        <Words problem={problem} />
      ) : (
        <List size="sm" spacing="xs">
          {all.slice(0, 8).map((one, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a fixed list that is never reordered
            <List.Item key={index}>
              <Words problem={one} />
            </List.Item>
          ))}
          {all.length > 8 && <List.Item>{t("problem.more", { count: all.length - 8 })}</List.Item>}
        </List>
      )}
      {(retry || (request && !compact)) && (
        <Group gap="sm" mt="xs">
          {retry && (
            <Button variant="default" onClick={retry}>
              {t("common.retry")}
            </Button>
          )}
          {request && !compact && (
            <Text size="xs" c="dimmed">
              {t("problem.request", { id: request })}
            </Text>
          )}
        </Group>
      )}
    </Alert>
  );
}

function Words({ problem }: { problem: Problem }) {
  const sentence = sentenceOf(problem);
  const known = isNamed(problem, sentence) || sentence.startsWith(placeOf(problem));
  const place = known ? "" : placeOf(problem);
  const hint = hintOf(problem);
  return (
    <>
      <Text size="sm" c="var(--mantine-color-text)">
        {place !== "" && (
          <Text span fw={600} size="sm" mr={6}>
            {place}
          </Text>
        )}
        {sentence}
      </Text>
      {hint !== "" && (
        <Text size="sm" c="var(--mantine-color-text)">
          {hint}
        </Text>
      )}
    </>
  );
}

function asProblem(given: unknown): Problem {
  const known = given as Partial<Problem> | null;
  if (known && typeof known === "object" && "where" in known && "detail" in known) return known as Problem;
  return problemOf(given);
}
