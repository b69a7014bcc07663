import type { Domain } from "@/shared/pages";

export const analysis: Domain = { path: "analysis", routes: [] };
