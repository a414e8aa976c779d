// Sorts names by how near they are to a mistyped one; without it "not found" would not say what was meant.

/** Nearest first (letters to change, ignoring case), at most `count`. */
export function closestNames(wanted: string, names: readonly string[], count: number): readonly string[] {
  const target = wanted.slice(0, 100).toLowerCase()
  return names
    .map(name => ({ name, far: distance(target, name.slice(0, 100).toLowerCase()) }))
    .toSorted((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1))
    .slice(0, count)
    .map(one => one.name)
}

/** Levenshtein's, one row of the table at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let line = 1; line <= a.length; line++) {
    const next = [line]
    for (let column = 1; column <= b.length; column++) {
      const changed = row[column - 1]! + (a[line - 1] === b[column - 1] ? 0 : 1)
      next.push(Math.min(changed, row[column]! + 1, next[column - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
