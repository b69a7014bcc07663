export { ConditionBuilder } from "./ConditionBuilder";
export { ConditionReading } from "./ConditionReading";
export { FilterRow, propertiesOf } from "./Clause";
export { type Fields, type Json, isFields, namesIn, set } from "./document";
export { NamePick, SpanInput, WindowInput, WordPick } from "./inputs";
export { type Fault, type Names, useInspection, useNames, useSettled } from "./queries";
