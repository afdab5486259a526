/**
 * The candidate that a mistyped word most likely stands for; null where none is near. A word that is part of a
 * candidate counts as near too: `backend` for `defaultBackend`.
 */
export function closest(word: string, candidates: readonly string[]): string | null {
  const lower = word.toLowerCase();
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.min(3, Math.floor(lower.length / 3))) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(lower, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best ?? candidates.find((candidate) => partOf(lower, candidate.toLowerCase())) ?? null;
}

/** The candidate that is nearest, two slips away at most; null where there is none, or another one as near. */
export function onlyNear(word: string, candidates: readonly string[]): string | null {
  const near = candidates.map((candidate) => ({ candidate, distance: editDistance(word, candidate) }));
  const [first, second] = near.filter(({ distance }) => distance <= 2).sort((a, b) => a.distance - b.distance);
  return first === undefined || first.distance === second?.distance ? null : first.candidate;
}

function partOf(a: string, b: string): boolean {
  return Math.min(a.length, b.length) >= 4 && (a.includes(b) || b.includes(a));
}

/** Characters to insert, delete, replace or swap with their neighbour to get from one text to the other. */
export function editDistance(from: string, to: string): number {
  const width = to.length + 1;
  const cost = new Uint16Array((from.length + 1) * width);
  const at = (row: number, column: number) => cost[row * width + column] ?? 0;
  for (let row = 0; row <= from.length; row++) {
    for (let column = 0; column <= to.length; column++) {
      if (row === 0 || column === 0) {
        cost[row * width + column] = row + column;
        continue;
      }
      const replaced = at(row - 1, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const swappable = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const swapped = swappable ? at(row - 2, column - 2) + 1 : replaced;
      cost[row * width + column] = Math.min(replaced, swapped, at(row - 1, column) + 1, at(row, column - 1) + 1);
    }
  }
  return at(from.length, to.length);
}
