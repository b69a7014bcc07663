export { CodeView } from "./CodeView";
export { DataTable } from "./DataTable";
export { Diff } from "./Diff";
export { PageHeader } from "./PageHeader";
export { EmptyState, Loaded, LoadingState, ProblemState, useProblemWords } from "./states";
export { type Moment, Timeline } from "./Timeline";
export { useAct, useConfirm } from "./useAct";
