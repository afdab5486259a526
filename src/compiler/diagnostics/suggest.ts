/**
 * The candidate that a mistyped word most likely stands for; null where none is near. A word that is part of a
 * candidate counts as near too: `backend` for `defaultBackend`.
 */
export function closest(word: string, candidates: readonly string[]): string | null {
  const lower = word.toLowerCase();
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.min(3, Math.floor(lower.length / 3))) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(lower, candidate.toLowerCase(), bestDistance - 1);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best ?? candidates.find((candidate) => partOf(lower, candidate.toLowerCase())) ?? null;
}

/** The candidate that is nearest, two slips away at most; null where there is none, or another one as near. */
export function onlyNear(word: string, candidates: readonly string[]): string | null {
  const near = candidates.map((candidate) => ({ candidate, distance: editDistance(word, candidate, 2) }));
  const [first, second] = near.filter(({ distance }) => distance <= 2).sort((a, b) => a.distance - b.distance);
  return first === undefined || first.distance === second?.distance ? null : first.candidate;
}

function partOf(a: string, b: string): boolean {
  return Math.min(a.length, b.length) >= 4 && (a.includes(b) || b.includes(a));
}

/**
 * Characters to insert, delete, replace or swap with their neighbour to get from one text to the other; of one that is more than
 * `most` it is only told that it is more. Unlike texts are given up after a few characters: a list of names is
 * searched for each of thousands of keys.
 */
export function editDistance(from: ArrayLike<string>, to: ArrayLike<string>, most = Number.POSITIVE_INFINITY): number {
  if (Math.abs(from.length - to.length) > most) return most + 1;
  // Two rows back for swaps. What is further from the diagonal than `most` can't count, and is never filled in.
  let [older, before, row] = [0, 1, 2].map(() =>
    new Array<number>(to.length + 1).fill(Number.POSITIVE_INFINITY),
  ) as Rows;
  let leastBefore = 0;
  for (let column = 0; column <= Math.min(to.length, most); column++) before[column] = column;
  for (let index = 1; index <= from.length; index++) {
    const first = Math.max(1, index - most);
    const last = Math.min(to.length, index + most);
    const letter = from[index - 1];
    row[first - 1] = first === 1 ? index : Number.POSITIVE_INFINITY;
    let least = row[first - 1] as number;
    let other: string | undefined;
    for (let column = first; column <= last; column++) {
      const previous = other;
      other = to[column - 1];
      let cost = (before[column - 1] as number) + (letter === other ? 0 : 1);
      if (previous === letter && index > 1 && column > 1 && from[index - 2] === other) {
        cost = Math.min(cost, (older[column - 2] as number) + 1);
      }
      cost = Math.min(cost, (before[column] as number) + 1, (row[column - 1] as number) + 1);
      row[column] = cost;
      if (cost < least) least = cost;
    }
    if (last < to.length) row[last + 1] = Number.POSITIVE_INFINITY;
    if (least > most && leastBefore >= most) return most + 1;
    leastBefore = least;
    [older, before, row] = [before, row, older];
  }
  return Math.min(before[to.length] as number, most + 1);
}

type Rows = [number[], number[], number[]];
