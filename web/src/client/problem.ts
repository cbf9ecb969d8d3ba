/** Errors as the server tells them: problem+json with a stable code. */

export interface Problem {
  status: number;
  code: string;
  detail: string;
  errors?: { where: string; message: string }[];
  [member: string]: unknown;
}

export function problemOf(error: unknown): Problem {
  if (typeof error === "object" && error !== null && "code" in error && "detail" in error) return error as Problem;
  if (error instanceof TypeError) {
    return { status: 0, code: "offline", detail: "The server cannot be reached. What you typed is kept; try again." };
  }
  return { status: 0, code: "unknown", detail: error instanceof Error ? error.message : String(error) };
}

export function isProblem(error: unknown, code: string): boolean {
  return problemOf(error).code === code;
}
