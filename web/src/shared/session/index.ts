export { takeFromAddress, typedToken } from "./address";
export { type Who, changePassword, open, openWithToken, takeLink } from "./calls";
export { SessionProvider, useSession, type Session } from "./SessionProvider";
