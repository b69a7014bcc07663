import { Button, DatePicker, Select } from "antd";
import dayjs from "dayjs";

import { useFormat } from "@/shared/format";
import { useUrlState } from "@/shared/hooks";
import { useTexts } from "@/shared/i18n";
import { EmptyState, Loaded, Timeline } from "@/shared/ui";

import { type Entry, type Profile, useEntries } from "../queries";
import { texts } from "../texts";

const QUIET = new Set(["currency", "revenue", "order_id", "product_id"]);

/** What a person did and what was done to them: filtered by event, from a day back, page after page. */
export function Events({ person }: { person: Profile }) {
  const t = useTexts(texts);
  const [state, set] = useUrlState({ events: "", until: "" });
  const names = state.events.split("|").filter(Boolean);
  const until = dayjs(state.until);
  const before = state.until && until.isValid() ? until.endOf("day").valueOf() + 1 : 0;
  const query = useEntries(person.public_id, names, before);
  return (
    <>
      <div className="filters">
        <Select
          className="people-columns"
          mode="multiple"
          aria-label={t("eventFilter")}
          placeholder={t("eventFilter")}
          value={names}
          maxTagCount="responsive"
          options={person.counters.events.map((one) => ({ value: one.name, label: `${one.name} (${one.count})` }))}
          onChange={(chosen: string[]) => set({ events: chosen.join("|") })}
        />
        <DatePicker
          aria-label={t("until")}
          placeholder={t("until")}
          value={before ? until : null}
          onChange={(day) => set({ until: day ? day.format("YYYY-MM-DD") : "" })}
        />
      </div>
      <Loaded query={query} rows={10}>
        {({ pages }) => {
          const entries = pages.flatMap((page) => page.entries);
          if (entries.length === 0) return <EmptyState title={t("noEvents")}>{t("noEventsText")}</EmptyState>;
          return (
            <>
              <Moments entries={entries} />
              {query.hasNextPage && (
                <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  {t("older")}
                </Button>
              )}
            </>
          );
        }}
      </Loaded>
    </>
  );
}

function Moments({ entries }: { entries: Entry[] }) {
  const t = useTexts(texts);
  const format = useFormat();
  return (
    <Timeline
      moments={entries.map((entry) => ({
        key: `${entry.at} ${entry.message_id}`,
        at: entry.at,
        title: (
          <>
            <strong>{entry.name}</strong>
            {entry.revenue_minor !== 0 && <> · {format.money(entry.revenue_minor, entry.currency)}</>}
          </>
        ),
        detail: [
          t("from", { source: entry.channel ? `${entry.source} / ${entry.channel}` : entry.source }),
          entry.campaign_id && t("campaign", { campaign: entry.campaign_id }),
          entry.order_id && t("order", { order: entry.order_id }),
          ...Object.entries(entry.properties)
            .filter(([name, value]) => !QUIET.has(name) && value !== "")
            .map(([name, value]) => `${name}: ${value}`),
        ]
          .filter(Boolean)
          .join(" · "),
      }))}
    />
  );
}
