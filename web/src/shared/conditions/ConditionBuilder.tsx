import { useTexts } from "../i18n";
import { NamesContext } from "./context";
import type { Json } from "./document";
import { ConditionNode } from "./Node";
import { type Fault, useNames } from "./queries";
import { texts } from "./texts";
import "./conditions.css";

interface Props {
  /** The condition document; what the builder does not know in it stays as it is. */
  value: Json;
  onChange: (value: Json) => void;
  /** What the API found wrong with it, shown where it is. */
  faults?: readonly Fault[];
  /** What the fields of the faults begin with. */
  path?: string;
}

/** A condition to build by hand: nested groups, traits, tags, events with windows and filters, other segments. */
export function ConditionBuilder({ value, onChange, faults = [], path = "condition" }: Props) {
  const t = useTexts(texts);
  const names = useNames(value);
  return (
    <NamesContext value={{ names, faults }}>
      <div className="condition-builder" role="group" aria-label={t("condition")}>
        <ConditionNode node={value} path={path} onChange={onChange} />
      </div>
    </NamesContext>
  );
}
