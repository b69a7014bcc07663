import "./charts.css";

/** A horizontal bar: a share of its full length, 0 to 1. */
export function Meter({ share, quiet = false }: { share: number; quiet?: boolean }) {
  const width = `${(Math.max(0, Math.min(1, share)) * 100).toFixed(2)}%`;
  return (
    <span className="meter" data-quiet={quiet ? "" : undefined} aria-hidden>
      <span className="meter-bar" style={{ width, minWidth: share > 0 ? 2 : 0 }} />
    </span>
  );
}
