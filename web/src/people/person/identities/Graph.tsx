import { Background, Controls, type Edge, Handle, type Node, Position, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/style.css";

import { usePreferences } from "@/shared/hooks";
import { useTexts } from "@/shared/i18n";

import { texts } from "../texts";
import { type Pair, type Placed, keyOf } from "./graph";

type IdentifierNode = Node<{ namespace: string; value: string; state: string }, "identifier">;

interface Props {
  nodes: Placed[];
  pairs: Pair[];
  chosen: string;
  choose: (pair: string) => void;
}

const TYPES = { identifier: IdentifierBox };

/** Identifiers and what joins them; a line leads to its evidence. */
export default function Graph({ nodes, pairs, chosen, choose }: Props) {
  const t = useTexts(texts);
  const { theme } = usePreferences();
  return (
    <div className="graph" role="group" aria-label={t("graphLabel")}>
      <ReactFlow
        nodes={nodes.map(boxed)}
        edges={pairs.map((pair) => line(pair, nodes, pair.id === chosen))}
        nodeTypes={TYPES}
        colorMode={theme}
        fitView
        fitViewOptions={{ minZoom: 0.35, maxZoom: 1, padding: 0.06 }}
        minZoom={0.2}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable
        preventScrolling={false}
        onEdgeClick={(_, edge) => choose(edge.id)}
        onSelectionChange={({ edges }) => edges[0] && choose(edges[0].id)}
      >
        <Background />
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}

function IdentifierBox({ data }: { data: IdentifierNode["data"] }) {
  return (
    <div className={`identifier identifier-${data.state === "active" ? "active" : "other"}`}>
      <Handle type="target" position={Position.Left} />
      <div className="muted">{data.namespace}</div>
      <div className="identifier-value" title={data.value}>
        {data.value}
      </div>
      <Handle type="source" position={Position.Right} />
    </div>
  );
}

function boxed({ id, identifier, state, x, y }: Placed): IdentifierNode {
  return {
    id,
    type: "identifier",
    position: { x, y },
    data: { namespace: identifier[0], value: identifier[1], state },
    ariaLabel: id,
  };
}

/** A line runs from left to right, so that it never bends around its own ends. */
function line(pair: Pair, nodes: Placed[], chosen: boolean): Edge {
  const x = (id: string) => nodes.find((one) => one.id === id)?.x ?? 0;
  const [source = "", target = ""] = [keyOf(pair.a), keyOf(pair.b)].sort((one, other) => x(one) - x(other));
  const colour = pair.joins ? "var(--ant-color-success)" : "var(--ant-color-error)";
  const sources = [...new Set(pair.links.map((link) => link.source))];
  return {
    id: pair.id,
    source,
    target,
    label: sources.slice(0, 2).join(", ") + (sources.length > 2 ? ` +${sources.length - 2}` : ""),
    ariaLabel: `${keyOf(pair.a)} – ${keyOf(pair.b)}: ${sources.join(", ")}`,
    selected: chosen,
    interactionWidth: 24,
    style: { stroke: colour, strokeWidth: chosen ? 3 : 1.5, ...(pair.joins ? {} : { strokeDasharray: "6 4" }) },
  };
}
