import type { usePeopleOf } from "./queries";

type Person = NonNullable<ReturnType<typeof usePeopleOf>[number]["data"]>;

export interface Row {
  key: string;
  /** Per person; undefined: the person has none. */
  values: (string[] | undefined)[];
  /** True: all have a value in common; false: nothing in common; null: somebody has none. */
  agrees: boolean | null;
}

/** Every kind of identifier and every trait that any of the people has: what differs first, then what agrees. */
export function rowsOf(people: readonly Person[]): Row[] {
  const columns = people.map(valuesOf);
  const keys = [...new Set(columns.flatMap((one) => [...one.keys()]))];
  const rows = keys.map((key): Row => {
    const values = columns.map((one) => one.get(key));
    return { key, values, agrees: compared(values) };
  });
  const rank = ({ agrees }: Row) => (agrees === false ? 0 : agrees ? 1 : 2);
  return rows.sort((one, other) => rank(one) - rank(other));
}

function valuesOf(person: Person): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const { namespace, value } of person.identities)
    values.set(namespace, [...(values.get(namespace) ?? []), value]);
  for (const { key, chosen } of person.traits)
    if (chosen.value !== null) values.set(key, [...(values.get(key) ?? []), String(chosen.value)]);
  return values;
}

function compared(values: Row["values"]): boolean | null {
  const [first, ...others] = values;
  if (first === undefined || others.length === 0 || others.some((one) => one === undefined)) return null;
  return first.some((value) => others.every((one) => one?.includes(value)));
}
