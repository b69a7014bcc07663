export { NewSegmentView as default } from "./NewSegmentView";
