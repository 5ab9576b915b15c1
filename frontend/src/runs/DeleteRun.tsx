// Deleting a run asks first: it cannot be undone.
import { ActionIcon, Button, Group, Modal, Text, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useDeleteRun } from "../api/queries.ts";
import { ENDED, type Run } from "../api/schema.ts";
import { ErrorNote } from "../ui/ErrorNote.tsx";

export function DeleteRun({ run }: { run: Run }) {
  const { t } = useTranslation();
  const [asking, { open, close }] = useDisclosure(false);
  const deletion = useDeleteRun();
  const name = run.name || t("runs.unnamed");
  const label = t("runs.delete_named", { name });
  return (
    <>
      <Tooltip label={t("common.delete")}>
        <ActionIcon aria-label={label} onClick={open}>
          <IconTrash size={16} stroke={1.6} aria-hidden />
        </ActionIcon>
      </Tooltip>
      <Modal
        opened={asking}
        onClose={close}
        title={label}
        closeButtonProps={{ "aria-label": t("common.close") }}
        centered
      >
        <Text size="sm" mb="md">
          {ENDED.includes(run.state) ? t("runs.delete_text") : t("runs.delete_running_text")}
        </Text>
        {deletion.error && <ErrorNote problem={deletion.error} compact />}
        <Group justify="flex-end" gap="sm" mt="sm">
          <Button variant="default" onClick={close} data-autofocus>
            {t("common.cancel")}
          </Button>
          <Button
            color="red"
            loading={deletion.isPending}
            onClick={() => deletion.mutate(run.id, { onSuccess: close })}
          >
            {t("common.delete")}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
