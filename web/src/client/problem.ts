/** Errors as the server tells them: problem+json with a stable code. */

export interface Problem {
  status: number;
  code: string;
  detail: string;
  errors?: { where: string; message: string }[];
  [member: string]: unknown;
}

export function problemOf(error: unknown): Problem {
  if (typeof error === "object" && error !== null && "code" in error && "detail" in error) return timed(error as Problem);
  if (error instanceof TypeError) {
    return { status: 0, code: "offline", detail: "The server cannot be reached. What you typed is kept; try again." };
  }
  return { status: 0, code: "unknown", detail: error instanceof Error ? error.message : String(error) };
}

/** The server tells programs of a header; people are told how long. */
function timed(problem: Problem): Problem {
  const seconds = problem.retry_after;
  if (typeof seconds !== "number") return problem;
  const long = seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
  return { ...problem, detail: `${problem.detail.split(". ")[0]?.replace(/\.$/, "")}. Try again in ${long}.` };
}

export function isProblem(error: unknown, code: string): boolean {
  return problemOf(error).code === code;
}
