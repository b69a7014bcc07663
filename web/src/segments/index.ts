import type { Domain } from "@/shared/pages";

export const segments: Domain = { path: "segments", routes: [] };
