import { AppstoreOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useMemo, useState } from "react";

import { useHotkeys, useUrlState } from "@/shared/hooks";
import { useTexts } from "@/shared/i18n";
import { useSession } from "@/shared/session";
import { EmptyState, Loaded, PageHeader } from "@/shared/ui";

import { BulkDrawer } from "./BulkDrawer";
import { FilterBar } from "./FilterBar";
import { ItemPanel } from "./ItemPanel";
import { Queue } from "./Queue";
import "./desk.css";
import { START, type State, filterOf } from "./filter";
import { type Sort, useCounts, useQueue } from "./queries";
import { texts } from "./texts";
import { useDecisions } from "./useDecisions";

export function DeskView() {
  const t = useTexts(texts);
  const [state, set] = useUrlState(START);
  const me = useSession().who?.user ?? "";
  const filter = useMemo(() => filterOf(state as State, me), [state, me]);
  const queue = useQueue(filter, state.sort as Sort, state.decided);
  const counts = useCounts({ ...filter, kinds: [] });
  const [bulk, setBulk] = useState(false);
  const items = queue.data?.pages.flatMap((page) => page.items) ?? [];
  const at = Math.max(
    items.findIndex((one) => one.item === state.item),
    0,
  );
  const item = items[at];
  const go = (step: number) => {
    const next = items[at + step];
    if (next) set({ item: next.item });
    else if (step > 0 && queue.hasNextPage) void queue.fetchNextPage();
  };
  const decisions = useDecisions(item, () => set({ item: (items[at + 1] ?? items[at - 1])?.item ?? "" }));
  useHotkeys({
    a: decisions.accept,
    r: decisions.reject,
    s: decisions.skip,
    u: decisions.undo,
    j: () => go(1),
    k: () => go(-1),
  });
  return (
    <>
      <PageHeader
        title={t("title")}
        about={t("about")}
        actions={
          <Button icon={<AppstoreOutlined />} onClick={() => setBulk(true)}>
            {t("bulk")}
          </Button>
        }
      />
      <FilterBar state={state as State} set={set} filter={filter} counts={counts.data} me={me} />
      <Loaded query={queue} rows={10}>
        {() =>
          item === undefined ? (
            <EmptyState title={t(state.decided ? "nothingDecided" : "empty")}>
              {t(state.decided ? "nothingDecidedText" : "emptyText")}
            </EmptyState>
          ) : (
            <div className="desk">
              <Queue
                items={items}
                chosen={item.item}
                choose={(one) => set({ item: one })}
                more={queue.hasNextPage ? () => void queue.fetchNextPage() : undefined}
                loading={queue.isFetchingNextPage}
              />
              <ItemPanel key={item.item} item={item} decisions={decisions} me={me} />
            </div>
          )
        }
      </Loaded>
      <BulkDrawer open={bulk} close={() => setBulk(false)} filter={filter} items={items} />
    </>
  );
}
