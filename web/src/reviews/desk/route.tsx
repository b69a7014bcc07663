export { DeskView as default } from "./DeskView";
