import type { Domain } from "@/shared/pages";

export const campaigns: Domain = { path: "campaigns", routes: [] };
