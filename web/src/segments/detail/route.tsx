export { SegmentView as default } from "./SegmentView";
