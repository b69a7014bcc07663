import { useTexts } from "@/shared/i18n";
import { PeopleTable } from "@/shared/people";
import { PageHeader } from "@/shared/ui";

import { texts } from "./texts";

export function PeopleListView() {
  const t = useTexts(texts);
  return (
    <>
      <PageHeader title={t("title")} about={t("about")} />
      <PeopleTable />
    </>
  );
}
