import { createContext } from "react";

import type { Fault, Names } from "./queries";

/** What every part of a builder needs: the names there are, and what is wrong where. */
export const NamesContext = createContext<{ names: Names; faults: readonly Fault[] }>({
  names: { events: [], traits: [], tags: [], segments: [], properties: {} },
  faults: [],
});
