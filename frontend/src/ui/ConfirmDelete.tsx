// A delete button that asks first: it cannot be undone.
import { ActionIcon, Button, Group, Modal, Text, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ErrorNote } from "./ErrorNote.tsx";

type Props = {
  name: string;
  /** What goes with it. */
  text: string;
  onDelete: () => Promise<unknown>;
};

export function ConfirmDelete({ name, text, onDelete }: Props) {
  const { t } = useTranslation();
  const [asking, { open, close }] = useDisclosure(false);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<unknown>(null);
  const label = t("common.delete_named", { name });

  const act = async () => {
    setBusy(true);
    setFailed(null);
    try {
      await onDelete();
      close();
    } catch (thrown) {
      setFailed(thrown);
    }
    setBusy(false);
  };

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
          {text}
        </Text>
        {failed !== null && <ErrorNote problem={failed} compact />}
        <Group justify="flex-end" gap="sm" mt="sm">
          <Button variant="default" onClick={close} data-autofocus>
            {t("common.cancel")}
          </Button>
          <Button color="red" loading={busy} onClick={() => void act()}>
            {t("common.delete")}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
