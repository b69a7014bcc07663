export { BoardView as default } from "./BoardView";
