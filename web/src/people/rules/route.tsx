export { RulesView as default } from "./RulesView";
