import { createBrowserRouter } from "react-router";

import { DOMAINS } from "./domains";
import { Crash, NotFound } from "./layout/Crash";
import { Shell, Waiting } from "./layout/Shell";

export const router = createBrowserRouter([
  {
    path: "/",
    Component: Shell,
    ErrorBoundary: Crash,
    HydrateFallback: Waiting,
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
