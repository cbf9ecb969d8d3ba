/** How the generated client speaks: with a fresh token, for one organization, once more after a 401. */

import type { CreateClientConfig } from "@/api/client.gen";
import { organization } from "./organization";
import { fresh, refresh } from "./session";

export const createClientConfig: CreateClientConfig = (config) => ({
  ...config,
  baseUrl: "",
  throwOnError: true,
  credentials: "same-origin",
  fetch: authorized,
});

const OPEN = /\/api\/v1\/(auth\/(login|refresh|password-reset)|setup|invitations\/(offer|account))$/;

export async function authorized(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  if (OPEN.test(request.url)) return fetch(request);
  const again = request.clone();
  const answer = await fetch(await signed(request, (await fresh())?.token));
  if (answer.status !== 401) return answer;
  const renewed = await refresh();
  return renewed ? fetch(await signed(again, renewed.token)) : answer;
}

function signed(request: Request, token: string | undefined): Request {
  if (token) request.headers.set("authorization", `Bearer ${token}`);
  const chosen = organization();
  if (chosen) request.headers.set("gamekeeper-organization", chosen);
  return request;
}

/** A key for a request that costs or sends something: the same while the person repeats it. */
export function idempotencyKey(): string {
  return crypto.randomUUID();
}
