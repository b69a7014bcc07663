export { common } from "./common";
export * from "./texts";
