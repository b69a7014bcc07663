import { useEffect, useRef } from "react";

const PATIENCE_MS = 1200;

/**
 * Keys that do something while nobody types: `{ "/": focusSearch, "g p": toPeople }`. A pair is pressed one after the
 * other; with Ctrl, Alt or Meta held, keys stay the browser's.
 */
export function useHotkeys(keys: Record<string, () => void>) {
  const current = useRef(keys);
  useEffect(() => {
    current.current = keys;
  });
  useEffect(() => {
    let first = { key: "", at: 0 };
    function pressed(event: KeyboardEvent) {
      if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
      const pair = event.timeStamp - first.at < PATIENCE_MS ? `${first.key} ${event.key}` : "";
      const act = current.current[pair] ?? current.current[event.key];
      first = { key: event.key, at: event.timeStamp };
      if (act === undefined) return;
      event.preventDefault();
      act();
    }
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
}

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
