import { useQuery } from "@tanstack/react-query";

import { api, ask } from "@/shared/api";

const PAGE = 1000;
/** As many rows as a file for a spreadsheet gets; more is what `ninefold export` is for. */
export const EXPORT_MAX = 20_000;

/** Segments and tags a list can be filtered by, with their names. */
export function useGroups() {
  return useQuery({
    queryKey: ["people", "groups"],
    queryFn: async ({ signal }) => {
      const [segments, tags] = await Promise.all([
        ask(api.GET("/v1/segments", { signal })),
        ask(api.GET("/v1/tags", { signal })),
      ]);
      return { segments, tags };
    },
    staleTime: 60_000,
  });
}

/** The people of a condition as CSV, page by page; `tell` is told the share that is done. */
export async function exportPeople(
  condition: Record<string, unknown>,
  traits: string[],
  tell: (share: number) => void,
): Promise<string> {
  const lines = [["public_id", "name", ...traits, "last_seen"].map(cell).join(",")];
  for (let offset = 0; offset < EXPORT_MAX; offset += PAGE) {
    const body = { ...WHOLE, condition, traits, limit: PAGE, offset };
    const page = await ask(api.POST("/v1/people/query", { body }));
    for (const one of page.people) {
      const values = traits.map((trait) => one.traits[trait]);
      lines.push([one.public_id, one.name, ...values, one.last_seen].map(cell).join(","));
    }
    tell(Math.min((offset + PAGE) / Math.min(page.total, EXPORT_MAX), 1));
    if (page.next === null || page.next === undefined) break;
  }
  return lines.join("\r\n") + "\r\n";
}

const WHOLE = { order_by: "arrival", order_trait: "", descending: false } as const;

/** A value that a spreadsheet reads as text and never as a formula. */
function cell(value: unknown): string {
  const text = value === null || value === undefined ? "" : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
