import type { ReactNode } from "react";
import type { RouteObject } from "react-router";

import type { Pair } from "../i18n";

/** What a folder of `src` gives to the app: its pages and where the navigation leads. */
export interface Domain {
  /** Its name, and the first part of its addresses; the cockpit's is "". */
  path: string;
  /** The entry in the side navigation; a domain whose pages are still to come has none. */
  nav?: {
    text: Pair;
    icon: ReactNode;
    /** The second key after `g`. */
    key: string;
    /** Pages below the entry, where there is more than one. */
    pages?: { path: string; text: Pair }[];
  };
  routes: RouteObject[];
}

/** A page that is loaded when it is gone to: `page("", () => import("./list/route"))`. */
export function page(path: string, load: () => Promise<{ default: React.ComponentType }>): RouteObject {
  const lazy = async () => ({ Component: (await load()).default });
  return path === "" ? { index: true, lazy } : { path, lazy };
}
