import type { Domain } from "@/shared/pages";

export const reviews: Domain = { path: "reviews", routes: [] };
