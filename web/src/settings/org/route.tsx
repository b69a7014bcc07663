export { OrgView as default } from "./OrgView";
