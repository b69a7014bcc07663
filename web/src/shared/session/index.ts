export { SessionProvider, useSession, type Session, type Who } from "./SessionProvider";
export { openWithToken } from "./calls";
