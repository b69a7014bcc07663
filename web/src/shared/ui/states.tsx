import { InboxOutlined, WarningOutlined } from "@ant-design/icons";
import { Button, Skeleton } from "antd";
import type { ReactNode } from "react";

import { problemOf } from "../api";
import { common, useTexts } from "../i18n";
import "./ui.css";

interface EmptyProps {
  title?: string;
  /** What will stand here, and how it gets here: an empty state teaches. */
  children?: ReactNode;
  action?: ReactNode;
  icon?: ReactNode;
}

export function EmptyState({ title, children, action, icon = <InboxOutlined /> }: EmptyProps) {
  const t = useTexts(common);
  return (
    <div className="state">
      <div className="state-mark" aria-hidden>
        {icon}
      </div>
      <p className="state-title">{title ?? t("nothing")}</p>
      {children && <div className="state-text">{children}</div>}
      {action && <div className="state-actions">{action}</div>}
    </div>
  );
}

interface ProblemProps {
  error: unknown;
  retry?: () => void;
}

/** What went wrong, in the API's words, and what to do next. */
export function ProblemState({ error, retry }: ProblemProps) {
  const t = useTexts(common);
  const words = useProblemWords()(error);
  return (
    <div className="state" role="alert">
      <div className="state-mark" aria-hidden>
        <WarningOutlined />
      </div>
      <p className="state-title">{words.title}</p>
      {words.text && <p className="state-text">{words.text}</p>}
      {retry && (
        <div className="state-actions">
          <Button onClick={retry}>{t("retry")}</Button>
        </div>
      )}
    </div>
  );
}

/** A failure as a title and what to do about it; also for toasts and forms. */
export function useProblemWords(): (error: unknown) => { title: string; text: string } {
  const t = useTexts(common);
  return (error) => {
    const problem = problemOf(error);
    if (problem.status === 0) return { title: t("unreachable"), text: t("unreachableHint") };
    if (problem.status === 403) return { title: t("notAllowed"), text: sentences(problem.message, problem.hint) };
    const detail = problem.allowed && `${t("allowed")}: ${problem.allowed}`;
    return { title: sentences(problem.message) || t("failed"), text: sentences(problem.hint, detail) };
  };
}

export function LoadingState({ rows = 6 }: { rows?: number }) {
  const t = useTexts(common);
  return (
    <div role="status" aria-label={t("loading")}>
      <Skeleton active title={false} paragraph={{ rows }} />
    </div>
  );
}

/** What a query brought: a skeleton, the problem, or the data. The data of before stays while newer data is fetched. */
export function Loaded<T>({
  query,
  children,
  rows,
}: {
  query: QueryLike<T>;
  children: (data: T) => ReactNode;
  rows?: number;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ProblemState error={query.error} retry={() => void query.refetch()} />;
  return <LoadingState rows={rows} />;
}

interface QueryLike<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

function sentences(...parts: string[]): string {
  return parts
    .filter(Boolean)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1) + (/[.!?。！？]$/.test(part) ? "" : "."))
    .join(" ");
}
