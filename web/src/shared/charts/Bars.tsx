const STEP = 10;
const HEIGHT = 60;
const LEAST = 2; // a bar with anything in it is never invisible

interface Props {
  values: readonly number[];
  /** What a screen reader says of the whole. */
  label: string;
  /** What a bar says when it is pointed at. */
  words: (at: number) => string;
  /** So many of the last bars are not complete yet. */
  open?: number;
}

/** Bars over time, as wide as there is room. */
export function Bars({ values, label, words, open = 0 }: Props) {
  const peak = Math.max(1, ...values);
  return (
    <svg
      className="bars"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${values.length * STEP} ${HEIGHT}`}
      preserveAspectRatio="none"
    >
      {values.map((value, at) => {
        const height = value > 0 ? Math.max(LEAST, (value / peak) * HEIGHT) : 1;
        return (
          <g key={at}>
            <rect className="cover" x={at * STEP} width={STEP} y={0} height={HEIGHT} />
            <rect
              className="bar"
              x={at * STEP + 1.5}
              width={STEP - 3}
              y={HEIGHT - height}
              height={height}
              data-zero={value > 0 ? undefined : ""}
              data-open={at >= values.length - open ? "" : undefined}
            >
              <title>{words(at)}</title>
            </rect>
          </g>
        );
      })}
    </svg>
  );
}
