import { Typography } from "antd";
import { type ReactNode, useEffect } from "react";

import "./ui.css";

interface Props {
  title: string;
  /** One sentence: what this page is for. */
  about?: ReactNode;
  /** Buttons of the whole page, the main one last. */
  actions?: ReactNode;
}

/** Every page begins with it: the only h1, and the document's title. */
export function PageHeader({ title, about, actions }: Props) {
  useEffect(() => {
    document.title = `${title} · Ninefold`;
  }, [title]);
  return (
    <div className="page-header spread">
      <div>
        <Typography.Title level={1} className="page-title">
          {title}
        </Typography.Title>
        {about && <p className="page-about muted">{about}</p>}
      </div>
      {actions && <div className="row">{actions}</div>}
    </div>
  );
}
