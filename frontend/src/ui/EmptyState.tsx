// Nothing here yet: one sentence, and what to do next.
import { Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

type Props = { icon: ReactNode; title: string; text: string; children?: ReactNode };

export function EmptyState({ icon, title, text, children }: Props) {
  return (
    <Stack align="center" gap="xs" py={48} px="md">
      <span style={{ color: "var(--oqu-quiet)" }} aria-hidden>
        {icon}
      </span>
      <Title order={2}>{title}</Title>
      <Text c="dimmed" size="sm" maw={440} ta="center">
        {text}
      </Text>
      {children}
    </Stack>
  );
}
