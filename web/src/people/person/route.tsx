export { PersonView as default } from "./PersonView";
