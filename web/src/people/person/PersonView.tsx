import { Alert, Tabs } from "antd";
import { useParams } from "react-router";

import { useUrlState } from "@/shared/hooks";
import { useTexts } from "@/shared/i18n";
import { Loaded } from "@/shared/ui";

import { Actions } from "./actions/Actions";
import { Waiting } from "./actions/Waiting";
import { Identities } from "./identities/Identities";
import { Consents } from "./parts/Consents";
import { Events } from "./parts/Events";
import { Overview } from "./parts/Overview";
import { Orders } from "./parts/Orders";
import { PersonHeader } from "./parts/PersonHeader";
import { Ties } from "./parts/Ties";
import { type Profile, useProfile } from "./queries";
import "../people.css";
import { texts } from "./texts";

export function PersonView() {
  const { reference = "" } = useParams();
  const query = useProfile(reference);
  return (
    <Loaded query={query} rows={12}>
      {(person) => <Person key={person.public_id} person={person} reference={reference} />}
    </Loaded>
  );
}

function Person({ person, reference }: { person: Profile; reference: string }) {
  const t = useTexts(texts);
  const [state, set] = useUrlState({ tab: "overview" });
  const id = person.public_id;
  const moved = reference.startsWith("p_") && reference !== id;
  return (
    <>
      <PersonHeader person={person} actions={<Actions person={person} />} />
      {moved && <Alert className="person-note" type="info" title={t("moved", { from: reference, to: id })} />}
      <Waiting publicId={id} />
      <Tabs
        activeKey={state.tab}
        onChange={(tab) => set({ tab })}
        items={[
          { key: "overview", label: t("overview"), children: <Overview person={person} /> },
          { key: "identities", label: t("identities"), children: <Identities person={person} /> },
          { key: "timeline", label: t("timeline"), children: <Events person={person} /> },
          { key: "orders", label: t("orders"), children: <Orders person={person} /> },
          { key: "ties", label: t("ties"), children: <Ties publicId={id} /> },
          { key: "consents", label: t("consents"), children: <Consents publicId={id} /> },
        ]}
      />
    </>
  );
}
