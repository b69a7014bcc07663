import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";

type Value = string | number | boolean;
type State<T extends Record<string, Value>> = {
  [K in keyof T]: T[K] extends string ? string : T[K] extends number ? number : boolean;
};

/**
 * A page's filters, sort and page, kept in the address, so that it can be shared and gone back to. What equals its
 * default is left out of the address; what is none of the page's stays.
 *
 *     const [state, set] = useUrlState({ actor: "", page: 1 });
 *     set({ actor: "li", page: 1 });
 */
export function useUrlState<const T extends Record<string, Value>>(
  defaults: T,
): [State<T>, (next: Partial<State<T>>) => void] {
  const [search, setSearch] = useSearchParams();
  const known = JSON.stringify(defaults);
  const state = useMemo(() => {
    const from = JSON.parse(known) as Record<string, Value>;
    const read = Object.entries(from).map(([key, usual]) => [key, parsed(search.get(key), usual)]);
    return Object.fromEntries(read) as State<T>;
  }, [search, known]);

  const set = useCallback(
    (next: Partial<State<T>>) => {
      const usual = JSON.parse(known) as Record<string, Value>;
      setSearch((old) => {
        for (const [key, value] of Object.entries(next)) {
          if (value === undefined || value === usual[key]) old.delete(key);
          else old.set(key, String(value));
        }
        return old;
      });
    },
    [setSearch, known],
  );
  return [state, set];
}

function parsed(text: string | null, usual: Value): Value {
  if (text === null) return usual;
  if (typeof usual === "number") return Number.isFinite(Number(text)) ? Number(text) : usual;
  return typeof usual === "boolean" ? text === "true" : text;
}
