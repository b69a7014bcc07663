import { Typography } from "antd";

import { common, useTexts } from "../i18n";
import "./ui.css";

/** A command line to run, with a button that copies it. */
export function Command({ children }: { children: string }) {
  const t = useTexts(common);
  return (
    <div className="command">
      <code>{children}</code>
      <Typography.Text copyable={{ text: children, tooltips: [`${t("copy")}: ${children}`, t("copied")] }} />
    </div>
  );
}
