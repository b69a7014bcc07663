import { useUrlState } from "@/shared/hooks";
import { useTexts } from "@/shared/i18n";
import { PeopleTable } from "@/shared/people";
import { EmptyState, PageHeader } from "@/shared/ui";

import { ExportButton } from "./ExportButton";
import { FilterBar } from "./FilterBar";
import { Found } from "./Found";
import { START, conditionOf } from "./filter";
import "../people.css";
import { texts } from "./texts";

export function PeopleListView() {
  const t = useTexts(texts);
  const [state, set] = useUrlState(START);
  const filter = conditionOf(state);
  const traits = state.columns.split(",").filter(Boolean);
  return (
    <>
      <PageHeader
        title={t("title")}
        about={t("about")}
        actions={filter.condition && !state.q && <ExportButton condition={filter.condition} traits={traits} />}
      />
      <FilterBar state={state} set={set} />
      {state.q ? (
        <Found q={state.q} />
      ) : filter.condition ? (
        <PeopleTable condition={filter.condition} traits={traits} {...(filter.everyone ? { empty: <Nobody /> } : {})} />
      ) : (
        <EmptyState title={t("badCondition")}>{t("badConditionText")}</EmptyState>
      )}
    </>
  );
}

function Nobody() {
  const t = useTexts(texts);
  return <EmptyState title={t("nobodyYet")}>{t("nobodyYetText")}</EmptyState>;
}
