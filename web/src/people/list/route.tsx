export { PeopleListView as default } from "./PeopleListView";
