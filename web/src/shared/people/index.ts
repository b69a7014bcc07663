export { PeopleTable } from "./PeopleTable";
export { type PeopleQuery, type PersonSummary, usePeople, usePeopleSearch } from "./queries";
