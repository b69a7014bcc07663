import { type ThemeConfig, theme } from "antd";

export type Theme = "light" | "dark";

const FONT =
  'system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif';
export const CODE_FONT = 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace';

/** The two halves of the loop have a colour each; every pair of text and ground meets WCAG AA in both themes. */
const COLOURS = {
  light: {
    colorPrimary: "#5546c8",
    colorInfo: "#5546c8",
    colorSuccess: "#15703b",
    colorWarning: "#93500a",
    colorError: "#b0221f",
    colorLink: "#5546c8",
    colorSuccessBg: "#e2f5e9",
    colorWarningBg: "#fdf1dc",
    colorErrorBg: "#fdeae9",
    colorInfoBg: "#eeecfd",
    colorText: "#141b28",
    colorTextSecondary: "#566174",
    colorTextTertiary: "#5f6a7d",
    colorTextDescription: "#566174",
    colorTextPlaceholder: "#68748a",
    colorBgLayout: "#f4f5f8",
    colorBgContainer: "#ffffff",
    colorBorder: "#cfd5df",
    colorBorderSecondary: "#e4e7ee",
  },
  dark: {
    colorPrimary: "#8f83f5",
    colorInfo: "#aba1ff",
    colorSuccess: "#57d58c",
    colorWarning: "#f5b54a",
    colorError: "#ff8f87",
    colorLink: "#aba1ff",
    colorSuccessBg: "#12301f",
    colorWarningBg: "#33260d",
    colorErrorBg: "#3a1614",
    colorInfoBg: "#23213f",
    colorText: "#e9eef6",
    colorTextSecondary: "#9ba8bb",
    colorTextTertiary: "#93a0b4",
    colorTextDescription: "#9ba8bb",
    colorTextPlaceholder: "#8a97ab",
    colorTextLightSolid: "#0d1117",
    colorBgLayout: "#0d1117",
    colorBgContainer: "#161c26",
    colorBgElevated: "#1c2430",
    colorBorder: "#364255",
    colorBorderSecondary: "#2a3443",
  },
} as const;

export function antTheme(chosen: Theme): ThemeConfig {
  const colours = COLOURS[chosen];
  return {
    algorithm: chosen === "dark" ? theme.darkAlgorithm : theme.defaultAlgorithm,
    token: { ...colours, fontFamily: FONT, fontFamilyCode: CODE_FONT, fontSize: 14, borderRadius: 8, wireframe: false },
    components: {
      Layout: { headerBg: colours.colorBgContainer, siderBg: colours.colorBgContainer, headerPadding: "0 20px" },
      Menu: {
        itemHeight: 36,
        activeBarBorderWidth: 0,
        itemSelectedColor: colours.colorLink,
        subMenuItemSelectedColor: colours.colorLink,
        itemSelectedBg: chosen === "dark" ? "#23213f" : "#efedfc",
      },
      Table: { headerBg: "transparent", cellPaddingBlockMD: 10, headerSplitColor: "transparent" },
      Typography: { titleMarginBottom: 0, titleMarginTop: 0 },
    },
  };
}
