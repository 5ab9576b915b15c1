// In the place of a picture: data that must be imported first.
import { IconUpload } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

export function Absent({ name }: { name: string | null }) {
  const { t } = useTranslation();
  return (
    <Link to={name === null ? "/data" : `/data?name=${encodeURIComponent(name)}`} className="oqu-absent">
      <IconUpload size={20} stroke={1.5} aria-hidden />
      {t("zoo.import_first")}
    </Link>
  );
}
