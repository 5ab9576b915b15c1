// Waiting, said in words; shown only when it takes long enough to wonder.
import { Group, Loader, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

export function Loading({ text }: { text?: string }) {
  const { t } = useTranslation();
  return (
    <Group gap="sm" p="md" role="status">
      <Loader size="xs" />
      <Text size="sm" c="dimmed">
        {text ?? t("common.loading")}
      </Text>
    </Group>
  );
}
