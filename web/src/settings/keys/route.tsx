export { KeysView as default } from "./KeysView";
