import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, createContext, use, useCallback, useEffect, useMemo, useState } from "react";

import { credentials } from "../api/credentials";
import { takeFromAddress } from "./address";
import * as calls from "./calls";

interface State {
  /** `checking` until the server has said whether it knows us; `lost` if it cannot be asked. */
  phase: "checking" | "lost" | "out" | "in";
  who: calls.Who | null;
  /** A sign-in link was not accepted, or a session has ended. */
  refused: boolean;
  /** Why the server could not be asked. */
  error?: unknown;
}

export interface Session extends State {
  signIn: (who: calls.Who) => void;
  signOut: () => Promise<void>;
  retry: () => void;
}

const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error("useSession outside of SessionProvider");
  return session;
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [state, setState] = useState<State>({ phase: "checking", who: null, refused: false });
  const signIn = useCallback((who: calls.Who) => setState({ phase: "in", who, refused: false }), []);
  const leave = useCallback(
    (refused: boolean) => {
      calls.forget();
      queries.clear();
      setState({ phase: "out", who: null, refused });
    },
    [queries],
  );
  const begin = useCallback(
    async (token: string | null) => {
      try {
        const who = token === null ? await calls.current() : await calls.openWithToken(token);
        if (who === null) leave(token !== null);
        else signIn(who);
      } catch (error) {
        setState({ phase: "lost", who: null, refused: false, error });
      }
    },
    [leave, signIn],
  );

  useEffect(() => {
    credentials.whenRefused(() => leave(true));
    const again = () => {
      const token = takeFromAddress("token");
      if (token !== null) void begin(token);
    };
    addEventListener("hashchange", again);
    return () => removeEventListener("hashchange", again);
  }, [begin, leave]);
  useStart(begin);

  const session = useMemo<Session>(
    () => ({
      ...state,
      signIn,
      signOut: () => calls.close().finally(() => leave(false)),
      retry: () => void begin(null),
    }),
    [state, signIn, leave, begin],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}

let started = false; // a link may be used up by its first use, so the page begins once

function useStart(begin: (token: string | null) => Promise<void>) {
  useEffect(() => {
    if (started) return;
    started = true;
    void begin(takeFromAddress("token"));
  }, [begin]);
}
