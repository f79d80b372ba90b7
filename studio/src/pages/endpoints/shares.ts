/** Traffic: whole percents that add up to 100, or are all 0, whatever one share is set to. */

export type Shares = Record<string, number>;

export const sum = (shares: Shares) => Object.values(shares).reduce((all, share) => all + share, 0);

/**
 * The shares after `name` was set to `value`: what is left is spread over the others as they stood to each other. With
 * nobody else to take the rest, a single deployment has all or nothing.
 */
export function withShare(
  shares: Shares,
  name: string,
  value: number,
  locked: ReadonlySet<string> = new Set(),
): Shares {
  const others = Object.keys(shares).filter((each) => each !== name);
  const kept = others.filter((each) => locked.has(each));
  const free = others.filter((each) => !locked.has(each));
  const room = 100 - kept.reduce((all, each) => all + (shares[each] ?? 0), 0);
  if (!free.length) return { ...shares, [name]: kept.length ? room : value >= 50 ? 100 : 0 };
  const own = Math.max(0, Math.min(room, Math.round(value)));
  return { ...shares, [name]: own, ...spread(room - own, pick(shares, free)) };
}

/** Whole numbers that add up to `total`, in the proportions of `weights` (evenly, where these are all 0). */
export function spread(total: number, weights: Shares): Shares {
  const names = Object.keys(weights);
  const all = sum(weights);
  const exact = names.map((name) => (all ? (total * (weights[name] ?? 0)) / all : total / names.length));
  const whole = exact.map(Math.floor);
  const missing = total - whole.reduce((one, other) => one + other, 0);
  const byRest = names.map((_, index) => index).sort((one, other) => rest(exact, other) - rest(exact, one));
  for (const index of byRest.slice(0, missing)) whole[index] = (whole[index] ?? 0) + 1;
  return Object.fromEntries(names.map((name, index) => [name, whole[index] ?? 0]));
}

const rest = (exact: number[], index: number) => (exact[index] ?? 0) % 1;

const pick = (shares: Shares, names: string[]) => Object.fromEntries(names.map((name) => [name, shares[name] ?? 0]));

/** The shares of those deployments that are there, each of which has one. */
export function sharesOf(traffic: Shares | undefined, deployments: string[]): Shares {
  return Object.fromEntries(deployments.map((name) => [name, traffic?.[name] ?? 0]));
}

/** Whether two say the same: a deployment without a share has none. */
export function sameShares(one: Shares, other: Shares): boolean {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].every(
    (name) => (one[name] ?? 0) === (other[name] ?? 0),
  );
}

/** As the command line takes them: `blue=90 green=10`. */
export const written = (shares: Shares) =>
  Object.entries(shares)
    .map(([name, share]) => `${name}=${share}`)
    .join(" ");

/** The command that shares traffic out so; who is mirrored to is said only where that changes. */
export function updateCommand(name: string, traffic: Shares, mirror: Shares | null): string {
  const mirrored = mirror ? ` --mirror-traffic "${written(mirror)}"` : "";
  return `lazuli online-endpoint update -n ${name} --traffic "${written(traffic)}"${mirrored}`;
}
