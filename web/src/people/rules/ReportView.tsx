import { Button, Segmented, Table, Tag } from "antd";
import { useState } from "react";
import { Link } from "react-router";

import { useFormat } from "@/shared/format";
import { useTexts } from "@/shared/i18n";
import { EmptyState, Loaded } from "@/shared/ui";

import { keyOf } from "../person/identities/graph";
import { type Change, type Changed, useChanged } from "./queries";
import { texts } from "./texts";

type Report = NonNullable<Change["report"]>;
type Segment = Report["segments"][number];
type Asked = Report["asked"][number];
type People = NonNullable<ReturnType<typeof useChanged>["data"]>["pages"][number][number];

const KINDS: readonly Changed[] = ["merge", "split", "blocked"];
const FIGURES = [
  "merges",
  "splits",
  "identifiers_moved",
  "links_refused",
  "links_allowed",
  "blocked",
  "unblocked",
] as const;

/** What other rules would make of everybody: in numbers, by segment, by cause, and person by person. */
export function ReportView({ id, report }: { id: number; report: Report }) {
  const t = useTexts(texts);
  const format = useFormat();
  const { counts } = report;
  return (
    <>
      <dl className="facts">
        <div>
          <dt>{t("people")}</dt>
          <dd>
            {format.count(counts.people_before)} → {format.count(counts.people_after)}
          </dd>
        </div>
        {FIGURES.map((name) => (
          <div key={name}>
            <dt>{t(`count.${name}`)}</dt>
            <dd>{format.count(counts[name])}</dd>
          </div>
        ))}
      </dl>
      <section>
        <h3 className="small-title">{t("segments")}</h3>
        {report.segments.length === 0 ? (
          <p className="muted">{t("noSegments", { n: report.segments_asked })}</p>
        ) : (
          <Table<Segment>
            size="small"
            aria-label={t("segments")}
            dataSource={report.segments}
            rowKey="key"
            pagination={report.segments.length > 10 && { pageSize: 10, size: "small" }}
            columns={[
              {
                title: t("segment"),
                render: (_, one) => (
                  <Link to={`/people?segment=${encodeURIComponent(one.key)}`}>{one.name || one.key}</Link>
                ),
              },
              { title: t("before"), align: "right", render: (_, one) => format.count(one.before) },
              { title: t("after"), align: "right", render: (_, one) => format.count(one.after) },
            ]}
          />
        )}
      </section>
      {report.asked.length > 0 && <Questions asked={report.asked} />}
      <Whom id={id} listed={report.listed} />
    </>
  );
}

function Questions({ asked }: { asked: Asked[] }) {
  const t = useTexts(texts);
  const format = useFormat();
  return (
    <section>
      <h3 className="small-title">{t("asked")}</h3>
      <Table<Asked>
        size="small"
        aria-label={t("asked")}
        dataSource={asked}
        rowKey={(one) => `${one.reason} ${one.namespace}`}
        pagination={asked.length > 10 && { pageSize: 10, size: "small" }}
        columns={[
          { title: t("cause"), dataIndex: "reason" },
          { title: t("namespace"), dataIndex: "namespace" },
          { title: t("count"), align: "right", render: (_, one) => format.count(one.count) },
        ]}
      />
    </section>
  );
}

function Whom({ id, listed }: { id: number; listed: Report["listed"] }) {
  const t = useTexts(texts);
  const format = useFormat();
  const [kind, setKind] = useState<Changed>(KINDS.find((one) => (listed[one] ?? 0) > 0) ?? "merge");
  const query = useChanged(id, kind);
  return (
    <section>
      <div className="spread">
        <h3 className="small-title">{t("whom")}</h3>
        <Segmented<Changed>
          aria-label={t("whom")}
          value={kind}
          onChange={setKind}
          options={KINDS.map((value) => ({
            value,
            label: `${t(`whom.${value}`)} (${format.count(listed[value] ?? 0)})`,
          }))}
        />
      </div>
      <Loaded query={query} rows={4}>
        {({ pages }) => {
          const rows = pages.flat();
          if (rows.length === 0) return <EmptyState title={t("nobody")}>{t("nobodyText")}</EmptyState>;
          return (
            <>
              <ul className="plain">
                {rows.map((one) => (
                  <Group key={one.place} one={one} />
                ))}
              </ul>
              {query.hasNextPage && (
                <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  {t("more")}
                </Button>
              )}
            </>
          );
        }}
      </Loaded>
    </section>
  );
}

/** People who become one or come apart, with the pairs of identifiers that decide it. */
function Group({ one }: { one: People }) {
  const t = useTexts(texts);
  return (
    <li className="card sketch">
      <div className="row">
        {one.before.map((person) => (
          <Link key={person} to={`/people/${encodeURIComponent(person)}`}>
            {person}
          </Link>
        ))}
        <span aria-label={t("becomes")}>→</span>
        <span>{one.kind === "blocked" ? t("isBlocked") : t("peopleCount", { n: one.after.length })}</span>
        <span className="muted">{t("identifiersCount", { n: one.identifiers })}</span>
      </div>
      {one.kind === "blocked" &&
        one.members.map(({ identifier }) => <code key={keyOf(identifier)}>{keyOf(identifier)}</code>)}
      {one.causes.map((cause) => (
        <div key={`${keyOf(cause.a)} ${keyOf(cause.b)}`} className="break">
          <code>{keyOf(cause.a)}</code> – <code>{keyOf(cause.b)}</code>{" "}
          <Tag>{cause.reason === "none" ? t("joins") : `${cause.reason} ${cause.namespace}`}</Tag>
        </div>
      ))}
    </li>
  );
}
