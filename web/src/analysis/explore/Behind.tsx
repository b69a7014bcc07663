import { Button, Drawer, Form, Input } from "antd";
import { useState } from "react";
import { Link } from "react-router";

import { useTexts } from "@/shared/i18n";
import { DataTable, EmptyState, useAct } from "@/shared/ui";

import { type Chosen, keep, useCrowd } from "./queries";
import { texts } from "./texts";

/** The people behind a number, and the way to keep them as a segment. */
export function Behind({ chosen, close }: { chosen: Chosen; close: () => void }) {
  const t = useTexts(texts);
  const query = useCrowd(chosen);
  const people = query.data?.pages.flatMap((page) => page.people);
  return (
    <Drawer open title={`${t("behind")}: ${chosen.title}`} size={480} onClose={close}>
      <div className="stack">
        <Keep chosen={chosen} />
        <DataTable
          label={t("behind")}
          rows={people?.map((id) => ({ id }))}
          rowKey={(one) => one.id}
          columns={[
            {
              title: t("persons"),
              render: (_, { id }) => <Link to={`/people/${encodeURIComponent(id)}`}>{id}</Link>,
            },
          ]}
          error={query.error}
          empty={<EmptyState title={t("nobody")} />}
        />
        {query.hasNextPage && (
          <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t("more")}
          </Button>
        )}
      </div>
    </Drawer>
  );
}

function Keep({ chosen }: { chosen: Chosen }) {
  const t = useTexts(texts);
  const [kept, setKept] = useState("");
  const act = useAct({
    call: (segment: Record<string, string>) => keep(chosen, segment),
    refresh: [["segments"]],
    done: t("kept"),
    then: (found) => setKept(found.snapshot.segment),
  });
  if (kept !== "") return <Link to={`/segments/${kept}?tab=people`}>{t("show")}</Link>;
  return (
    <Form layout="vertical" onFinish={(segment: Record<string, string>) => act.mutate(segment)}>
      <p className="muted">{t("keepText")}</p>
      {(["key", "name", "owner"] as const).map((field) => (
        <Form.Item
          key={field}
          name={field}
          label={t(field)}
          rules={[{ required: true, message: t(field) }]}
          style={{ marginBottom: 10 }}
        >
          <Input />
        </Form.Item>
      ))}
      <Button type="primary" htmlType="submit" loading={act.isPending}>
        {t("keep")}
      </Button>
    </Form>
  );
}
