// Decides which transition an exit status takes: without it `on` could only be compared as written.

/**
 * JSR-352 §8.9.1: whether `pattern` (the `on` of a transition) matches the whole exit status, upper and lower case apart.
 * `*` stands for any characters, `?` for exactly one (a code point); everything else stands for itself, there is no escape.
 * At most pattern + exitStatus² steps, whatever the pattern: only the last `*` is ever tried again.
 */
export function matchesExitStatus(pattern: string, exitStatus: string): boolean {
  const wanted = Array.from(pattern)
  const given = Array.from(exitStatus)
  let w = 0
  let g = 0
  let star = -1
  let starGiven = 0
  while (g < given.length) {
    if (wanted[w] === '*') {
      star = w
      starGiven = g
      w += 1
    } else if (wanted[w] === '?' || wanted[w] === given[g]) {
      w += 1
      g += 1
    } else if (star !== -1) {
      starGiven += 1
      w = star + 1
      g = starGiven
    } else {
      return false
    }
  }
  while (wanted[w] === '*') w += 1
  return w === wanted.length
}
