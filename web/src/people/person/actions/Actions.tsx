import { MergeCellsOutlined, SplitCellsOutlined } from "@ant-design/icons";
import { Button } from "antd";

import { useUrlState } from "@/shared/hooks";
import { useTexts } from "@/shared/i18n";

import type { Profile } from "../queries";
import { texts } from "../texts";
import { MergeDrawer } from "./MergeDrawer";
import { SplitDrawer } from "./SplitDrawer";

/** What an operator may do to a person's identity; which of it is open stands in the address. */
export function Actions({ person }: { person: Profile }) {
  const t = useTexts(texts);
  const [state, set] = useUrlState({ act: "", with: "" });
  const close = () => set({ act: "", with: "" });
  return (
    <>
      <Button
        icon={<SplitCellsOutlined />}
        disabled={person.identities.length < 2}
        onClick={() => set({ act: "split" })}
      >
        {t("split")}
      </Button>
      <Button icon={<MergeCellsOutlined />} onClick={() => set({ act: "merge" })}>
        {t("merge")}
      </Button>
      <MergeDrawer
        person={person}
        open={state.act === "merge"}
        other={state.with}
        choose={(other) => set({ with: other })}
        close={close}
      />
      <SplitDrawer person={person} open={state.act === "split"} close={close} />
    </>
  );
}
