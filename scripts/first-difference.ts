// Where two texts begin to differ: a check that only says "not the same" sends its reader searching.

/** `null` when they are equal; else the first line that differs, as it stands and as it should be. */
export function firstDifference(found: string, expected: string): string | null {
  if (found === expected) return null
  const foundLines = found.split('\n')
  const expectedLines = expected.split('\n')
  const at = expectedLines.findIndex((line, index) => line !== foundLines[index])
  const line = at === -1 ? expectedLines.length : at
  return `line ${line + 1} is      ${foundLines[line] ?? '(the end)'}\nand should be ${expectedLines[line] ?? '(the end)'}`
}
