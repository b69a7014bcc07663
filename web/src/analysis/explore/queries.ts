import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { type Answer, api, ask } from "@/shared/api";
import type { Fields } from "@/shared/conditions";

export type Analysed = Answer<"/v1/analysis/run", "post">;
export type Crowd = Record<string, unknown>;

/** One number of an answer: what was asked, what it was computed from, and which number. */
export interface Chosen {
  analysis: Fields;
  pin: Analysed["stamp"]["pin"];
  crowd: Crowd;
  title: string;
}

export function useAnalysis(analysis: Fields) {
  return useQuery({
    queryKey: ["analysis", "run", analysis],
    queryFn: ({ signal }) => ask(api.POST("/v1/analysis/run", { body: { analysis }, signal })),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
  });
}

export function useCrowd({ analysis, pin, crowd }: Chosen) {
  return useInfiniteQuery({
    queryKey: ["analysis", "people", analysis, pin, crowd],
    initialPageParam: null as string | null,
    queryFn: ({ signal, pageParam }) =>
      ask(api.POST("/v1/analysis/people", { body: { analysis, pin, crowd, after: pageParam, limit: 50 }, signal })),
    getNextPageParam: (page) => page.next,
  });
}

export const keep = ({ analysis, pin, crowd }: Chosen, segment: Record<string, string>) =>
  ask(api.POST("/v1/analysis/segment", { body: { analysis, pin, crowd, segment } }));
