import { useQuery } from "@tanstack/react-query";

import { type Schema, api, ask } from "@/shared/api";

export type Campaign = Schema<"CampaignOut">;

export function useCampaigns() {
  return useQuery({
    queryKey: ["campaigns", "list"],
    queryFn: ({ signal }) => ask(api.GET("/v1/campaigns", { signal })),
  });
}
