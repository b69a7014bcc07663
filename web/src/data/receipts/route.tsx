export { ReceiptsView as default } from "./ReceiptsView";
