import { useQuery } from "@tanstack/react-query";

import { type Schema, api, ask } from "@/shared/api";

export type Node = Schema<"NodeOut">;
export type Branch = Node & { children?: Branch[] };

/** The org tree as it hangs together; a node whose parent may not be seen stands at the top. */
export function useOrg() {
  return useQuery({
    queryKey: ["settings", "org"],
    queryFn: async ({ signal }) => treeOf(await ask(api.GET("/v1/org", { signal }))),
  });
}

function treeOf(nodes: Node[]): Branch[] {
  const branches = new Map<string, Branch>(nodes.map((node) => [node.code, { ...node }]));
  const tops: Branch[] = [];
  for (const branch of branches.values()) {
    const parent = branches.get(branch.parent);
    if (parent === undefined) tops.push(branch);
    else (parent.children ??= []).push(branch);
  }
  return tops;
}
