import type { Domain } from "@/shared/pages";

export const data: Domain = { path: "data", routes: [] };
