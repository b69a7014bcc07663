import { linesOf } from "./diffLines";
import "./ui.css";

const MARKS = { same: "  ", added: "+ ", removed: "− " };

/** What changed between two values, line by line; values are shown as JSON, text as it is. */
export function Diff({ before, after }: { before: unknown; after: unknown }) {
  return (
    <div className="diff" role="figure" tabIndex={0}>
      {linesOf(written(before), written(after)).map((line, at) => (
        <div key={at} className={`diff-${line.kind}`}>
          {MARKS[line.kind] + line.text}
        </div>
      ))}
    </div>
  );
}

function written(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
