import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import "@/shared/theme/base.css";

import { App } from "@/app/App";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
