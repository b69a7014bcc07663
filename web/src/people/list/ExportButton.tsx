import { DownloadOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useState } from "react";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";
import { useAct } from "@/shared/ui";

import { EXPORT_MAX, exportPeople } from "./queries";
import { texts } from "./texts";

interface Props {
  condition: Record<string, unknown>;
  traits: string[];
}

/** The list as it is filtered, with its columns, as a file for a spreadsheet. */
export function ExportButton({ condition, traits }: Props) {
  const t = useTexts(texts);
  const format = useFormat();
  const [share, setShare] = useState(0);
  const run = useAct({
    call: () => exportPeople(condition, traits, setShare),
    refresh: [],
    done: t("exported", { n: EXPORT_MAX }),
    then: (csv: string) => {
      setShare(0);
      save(csv);
    },
  });
  return (
    <Button icon={<DownloadOutlined />} loading={run.isPending} onClick={() => run.mutate(undefined)}>
      {run.isPending ? t("exporting", { share: format.share(share) }) : t("export")}
    </Button>
  );
}

function save(csv: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", csv], { type: "text/csv;charset=utf-8" }));
  link.download = "people.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}
