import { Button } from "antd";
import { Link, isRouteErrorResponse, useRouteError } from "react-router";

import { common, useTexts } from "@/shared/i18n";
import { EmptyState, PageHeader, ProblemState } from "@/shared/ui";

/** In place of a page that failed; the navigation around it stays. */
export function Crash() {
  const error = useRouteError();
  return isRouteErrorResponse(error) && error.status === 404 ? (
    <NotFound />
  ) : (
    <ProblemState error={error} retry={() => location.reload()} />
  );
}

export function NotFound() {
  const t = useTexts(common);
  return (
    <>
      <PageHeader title={t("notFound")} />
      <EmptyState
        title={t("notFound")}
        action={
          <Link to="/">
            <Button type="primary">{t("toStart")}</Button>
          </Link>
        }
      >
        {t("notFoundHint")}
      </EmptyState>
    </>
  );
}
