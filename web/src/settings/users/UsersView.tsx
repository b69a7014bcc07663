import { UserAddOutlined } from "@ant-design/icons";
import { Button, type TableProps, Tag } from "antd";
import { useState } from "react";

import { useFormat } from "@/shared/format";
import { common, usePick, useTexts } from "@/shared/i18n";
import { DataTable, EmptyState, PageHeader, useAct, useConfirm } from "@/shared/ui";

import { InviteDialog } from "./InviteDialog";
import { USERS, type User, actOnUser, useUsers } from "./queries";
import { STATES, texts } from "./texts";

const COLOURS: Record<string, string> = { active: "success", invited: "processing", locked: "warning" };

export function UsersView() {
  const t = useTexts(texts);
  const query = useUsers();
  const [inviting, setInviting] = useState(false);
  const invite = (
    <Button type="primary" icon={<UserAddOutlined aria-hidden />} onClick={() => setInviting(true)}>
      {t("invite")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("title")} about={t("about")} actions={invite} />
      <DataTable
        label={t("title")}
        rows={query.data}
        rowKey={(user) => user.login}
        columns={useColumns()}
        error={query.error}
        retry={() => void query.refetch()}
        empty={
          <EmptyState title={t("empty")} action={invite}>
            {t("emptyText")}
          </EmptyState>
        }
      />
      {inviting && <InviteDialog close={() => setInviting(false)} />}
    </>
  );
}

function useColumns(): TableProps<User>["columns"] {
  const t = useTexts(texts);
  const shared = useTexts(common);
  const pick = usePick();
  const format = useFormat();
  return [
    {
      title: t("login"),
      render: (_, user) => (
        <>
          {user.name || user.login}
          {user.name && <div className="muted">{user.login}</div>}
        </>
      ),
    },
    { title: t("roles"), render: (_, user) => user.roles.map((role) => <Tag key={role}>{role}</Tag>) },
    { title: t("node"), render: (_, user) => user.node || t("everything") },
    {
      title: t("state"),
      render: (_, user) => {
        const words = STATES[user.state];
        return <Tag color={COLOURS[user.state]}>{words ? pick(words) : user.state}</Tag>;
      },
    },
    { title: t("code"), render: (_, user) => (user.totp ? t("codeOn") : "–") },
    { title: t("last"), render: (_, user) => <span className="nowrap">{format.time(user.last_sign_in_at)}</span> },
    {
      key: "act",
      title: <span className="unseen">{shared("actions")}</span>,
      align: "right",
      render: (_, user) => <Act user={user} />,
    },
  ];
}

function Act({ user }: { user: User }) {
  const t = useTexts(texts);
  const confirm = useConfirm();
  const act = useAct({ call: actOnUser, refresh: [USERS], done: t("done") });
  const { login } = user;
  if (user.state === "disabled" || user.state === "locked") {
    return (
      <Button size="small" loading={act.isPending} onClick={() => act.mutate({ login, act: "enable" })}>
        {t("enable")}
      </Button>
    );
  }
  const ask = () =>
    confirm({
      title: t("disableTitle", { name: user.name || login }),
      says: t("disableSays"),
      verb: t("disable"),
      danger: true,
      act: () => act.mutateAsync({ login, act: "disable" }),
    });
  return (
    <Button size="small" onClick={ask}>
      {t("disable")}
    </Button>
  );
}
