import { createBrowserRouter } from "react-router";

import { DOMAINS } from "./domains";
import { Crash, NotFound } from "./layout/Crash";
import { Shell } from "./layout/Shell";

export const router = createBrowserRouter([
  {
    path: "/",
    Component: Shell,
    ErrorBoundary: Crash,
    HydrateFallback: () => null,
    children: [
      ...DOMAINS.map(({ path, routes }) => ({
        ...(path ? { path } : {}),
        ErrorBoundary: Crash,
        children: routes,
      })),
      { path: "*", Component: NotFound },
    ],
  },
]);
