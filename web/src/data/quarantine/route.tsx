export { QuarantineView as default } from "./QuarantineView";
