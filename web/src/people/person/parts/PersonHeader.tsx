import { Tag, Typography } from "antd";
import type { ReactNode } from "react";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";
import { PageHeader } from "@/shared/ui";

import type { Profile } from "../queries";
import { texts } from "../texts";

const NAMES = ["name", "full_name", "nickname"];
/** What a person without a name is called by, best first. */
const CALLED_BY = ["member_no", "phone", "email"];

/** Who it is and the few facts that are wanted first. */
export function PersonHeader({ person, actions }: { person: Profile; actions: ReactNode }) {
  const t = useTexts(texts);
  const format = useFormat();
  const seen = person.identities.map((one) => one.last_seen).sort();
  const first = person.identities.map((one) => one.first_seen).sort()[0];
  const title = calledOf(person);
  const members = person.identities.filter((one) => one.namespace === "member_no" && one.state === "active");
  const events = person.counters.events.reduce((sum, one) => sum + one.count, 0);
  const facts: [string, ReactNode][] = [
    [t("since"), format.date(first ?? person.created_at)],
    [t("lastSeen"), format.date(seen.at(-1))],
    [t("events"), format.count(events)],
    ...person.counters.revenue.map((one): [string, ReactNode] => [
      t("revenue", { currency: one.currency }),
      `${format.money(one.total_minor, one.currency)} · ${t("ordersOf", { n: one.orders })}`,
    ]),
  ];
  return (
    <>
      <PageHeader
        title={title}
        about={
          <span className="row">
            <Typography.Text code copyable>
              {person.public_id}
            </Typography.Text>
            {members
              .filter((one) => one.value !== title)
              .map((one) => (
                <Tag key={one.value}>{t("memberNo", { number: one.value })}</Tag>
              ))}
            {nameOf(person) === "" && <span>{t("noName")}</span>}
          </span>
        }
        actions={actions}
      />
      <dl className="facts">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** The name a person goes by; empty where none is known. */
export function nameOf(person: Profile): string {
  const found = NAMES.map((key) => person.traits.find((trait) => trait.key === key)?.chosen.value).find(Boolean);
  return found === undefined ? "" : String(found);
}

/** What to call a person: the name, else the best known identifier, else the public id. */
export function calledOf(person: Profile): string {
  const active = person.identities.filter((one) => one.state === "active");
  const known = CALLED_BY.map((namespace) => active.find((one) => one.namespace === namespace)).find(Boolean);
  return nameOf(person) || (known ?? active[0])?.value || person.public_id;
}
