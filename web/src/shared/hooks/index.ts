export { choose, usePreferences } from "./preferences";
export { useHotkeys } from "./useHotkeys";
export { useUrlState } from "./useUrlState";
