// Every command the console teaches, in one place.

export const COMMANDS = {
  import: "ninefold import orders.csv",
  demo: "ninefold demo",
  apply: "ninefold apply campaign.yaml",
};
