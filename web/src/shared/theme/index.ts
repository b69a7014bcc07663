export { antTheme, CODE_FONT, type Theme } from "./tokens";
