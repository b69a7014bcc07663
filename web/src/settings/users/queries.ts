import { useQuery } from "@tanstack/react-query";

import { type Answer, type Schema, api, ask } from "@/shared/api";

export type User = Answer<"/v1/users">[number];
export type NewUser = Pick<Schema<"UserIn">, "login" | "name" | "roles">;
export type Invited = Schema<"InvitedOut">;
export type UserAct = "disable" | "enable" | "reset";

export const USERS = ["settings", "users"];

export function useUsers() {
  return useQuery({ queryKey: USERS, queryFn: ({ signal }) => ask(api.GET("/v1/users", { signal })) });
}

/** The roles there are, and what each brings. */
export function useRoles() {
  return useQuery({
    queryKey: ["settings", "roles"],
    queryFn: ({ signal }) => ask(api.GET("/v1/user-roles", { signal })),
    staleTime: Infinity,
  });
}

/** Lets somebody in; the answer has the link with which they choose a password. */
export async function inviteUser(user: NewUser): Promise<Invited> {
  return (await api.POST("/v1/users", { body: { ...user, node: "", password: "" } })).data as Invited;
}

export async function actOnUser({ login, act }: { login: string; act: "disable" | "enable" }): Promise<void> {
  const params = { path: { login } };
  await (act === "disable"
    ? api.POST("/v1/users/{login}/disable", { params })
    : api.POST("/v1/users/{login}/enable", { params }));
}
