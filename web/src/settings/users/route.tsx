export { UsersView as default } from "./UsersView";
