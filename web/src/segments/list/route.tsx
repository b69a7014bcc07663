export { SegmentListView as default } from "./SegmentListView";
