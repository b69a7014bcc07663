export { EntryView as default } from "./EntryView";
