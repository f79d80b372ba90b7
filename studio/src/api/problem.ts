/** What the server says when something is wrong: a code, the field it concerns, and how to mend it. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly target = "",
    readonly mend = "",
  ) {
    super(message);
    this.name = "Problem";
  }
}

/** The problem in an answer, whatever door it came from. */
export async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text().catch(() => "");
  try {
    const { error } = JSON.parse(text);
    const told = error.additionalInfo?.find((each: { type: string }) => each.type === "Mend")?.info;
    const message = told?.message ?? error.message ?? text;
    return new Problem(response.status, error.code ?? "", message, error.target ?? "", told?.mend ?? "");
  } catch {
    return new Problem(response.status, "", text.slice(0, 500) || response.statusText);
  }
}

/** Anything that was thrown, as a problem: a fetch that never arrived says so in plain words. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError)
    return new Problem(0, "Unreachable", "The server does not answer.", "", "Is it running? Start it with: lazuli up");
  return new Problem(0, "", error instanceof Error ? error.message : String(error));
}
