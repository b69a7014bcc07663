export { ExploreView as default } from "./ExploreView";
