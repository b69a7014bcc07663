// Every command the console teaches, in one place.

export const COMMANDS = {
  import: "ninefold import orders.csv --guess",
  demo: "ninefold demo",
  apply: "ninefold apply definitions",
};
