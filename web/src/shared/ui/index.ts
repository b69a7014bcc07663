export { CodeView } from "./CodeView";
export { Command } from "./Command";
export { DataTable } from "./DataTable";
export { Diff } from "./Diff";
export { PageHeader } from "./PageHeader";
export { Rich } from "./Rich";
export { EmptyState, Loaded, LoadingState, ProblemState, useProblemWords } from "./states";
export { type Moment, Timeline } from "./Timeline";
export { useAct, useConfirm } from "./useAct";
