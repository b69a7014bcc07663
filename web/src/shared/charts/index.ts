export { Bars } from "./Bars";
export { type Bounds, Interval, boundsOf } from "./Interval";
export { Meter } from "./Meter";
