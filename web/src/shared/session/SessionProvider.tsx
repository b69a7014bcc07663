import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, createContext, use, useCallback, useEffect, useMemo, useState } from "react";

import { credentials, takeTokenFromAddress } from "../api/credentials";
import * as calls from "./calls";

/** Who is signed in; `verbs` say what may be done, the API enforces it. */
export type Who = calls.Who;

export interface Session {
  /** `checking` until the server has said whether it knows us. */
  phase: "checking" | "out" | "in";
  who: Who | null;
  /** A token from the address or of this tab was not accepted, or a session has ended. */
  refused: boolean;
  signIn: (who: Who) => void;
  signOut: () => Promise<void>;
}

const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error("useSession outside of SessionProvider");
  return session;
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [state, setState] = useState<Pick<Session, "phase" | "who" | "refused">>({
    phase: "checking",
    who: null,
    refused: false,
  });

  const signIn = useCallback((who: Who) => setState({ phase: "in", who, refused: false }), []);
  const leave = useCallback(
    (refused: boolean) => {
      credentials.useToken(null);
      queries.clear();
      setState({ phase: "out", who: null, refused });
    },
    [queries],
  );

  useEffect(() => {
    credentials.whenRefused(() => leave(true));
    async function begin() {
      const brought = takeTokenFromAddress();
      const found = brought === null ? await calls.current() : await calls.openWithToken(brought);
      if (found !== null) signIn(found);
      else leave(brought !== null);
    }
    const again = () => location.hash.startsWith("#token=") && void begin();
    void begin();
    addEventListener("hashchange", again);
    return () => removeEventListener("hashchange", again);
  }, [leave, signIn]);

  const session = useMemo<Session>(
    () => ({
      ...state,
      signIn,
      signOut: async () => {
        await calls.close();
        leave(false);
      },
    }),
    [state, signIn, leave],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}
