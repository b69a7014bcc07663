export { AuditView as default } from "./AuditView";
