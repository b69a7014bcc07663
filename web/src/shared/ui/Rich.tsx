/** Text in which `backticks` mark what is typed: commands, names. */
export function Rich({ text }: { text: string }) {
  return text.split("`").map((part, at) => (at % 2 ? <code key={at}>{part}</code> : part));
}
