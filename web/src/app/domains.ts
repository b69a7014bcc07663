import { analysis } from "@/analysis";
import { campaigns } from "@/campaigns";
import { cockpit } from "@/cockpit";
import { data } from "@/data";
import { people } from "@/people";
import { reviews } from "@/reviews";
import { segments } from "@/segments";
import { settings } from "@/settings";
import type { Domain } from "@/shared/pages";

/** Everything the console consists of, in the order of the navigation. The server knows the same paths (routes.py). */
export const DOMAINS: readonly Domain[] = [cockpit, people, reviews, segments, analysis, campaigns, data, settings];
