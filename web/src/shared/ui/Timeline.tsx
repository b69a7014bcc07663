import type { ReactNode } from "react";

import { useFormat } from "../format";
import "./ui.css";

export interface Moment {
  key: string;
  at: string;
  title: ReactNode;
  detail?: ReactNode;
}

/** What happened, newest first as it comes. */
export function Timeline({ moments }: { moments: Moment[] }) {
  const format = useFormat();
  return (
    <ol className="timeline">
      {moments.map((moment) => (
        <li key={moment.key}>
          <time className="muted nowrap" dateTime={moment.at}>
            {format.time(moment.at)}
          </time>
          <span className="timeline-dot" aria-hidden />
          <div>
            <div>{moment.title}</div>
            {moment.detail && <div className="muted">{moment.detail}</div>}
          </div>
        </li>
      ))}
    </ol>
  );
}
