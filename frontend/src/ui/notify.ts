// A short notice in the corner. What shows it is fetched with the first one.
import { create } from "zustand";

export type Notice = { message: string; color?: string };

export const useNotices = create<{ wanted: boolean }>()(() => ({ wanted: false }));

export async function notify(notice: Notice): Promise<void> {
  useNotices.setState({ wanted: true });
  const { notifications } = await import("@mantine/notifications");
  notifications.show(notice);
}
