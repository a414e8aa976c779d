// Which URLs an entry of the allow-list covers; without it a path prefix would be left by dots, and secrets of a URL would be logged.

const LONGEST_SHOWN = 300

/** Whether the list's entry has the URL's origin, and its path or one above it. */
export function allowsURL(allowed: string, url: URL): boolean {
  const entry = URL.canParse(allowed) ? new URL(allowed) : null
  if (entry === null || entry.origin !== url.origin) return false
  if (entry.pathname === '/') return true
  const below = entry.pathname.endsWith('/') ? entry.pathname : `${entry.pathname}/`
  const inside = url.pathname === entry.pathname || url.pathname.startsWith(below)
  return inside && !climbs(url.pathname)
}

/**
 * The parser has removed dots that it knows (`..`, `%2e%2e`). Servers may decode slashes too, or more than once, and drop
 * `;…` of a segment: `/api/..%2fadmin`, `/api/%252e%252e/admin` and `/api/..;/admin` are `/admin` to some.
 */
function climbs(pathname: string): boolean {
  let path = pathname
  for (let round = 0; round < 4; round++) {
    if (path.split(/[/\\]/).some(segment => segment.split(';')[0]!.trim() === '..')) return true
    try {
      const decoded = decodeURIComponent(path)
      if (decoded === path) return false
      path = decoded
    } catch {
      // Percent signs that encode nothing: what a server makes of them nobody knows.
      return true
    }
  }
  return true
}

/** For messages: without user, password, query and fragment, which may be secrets. */
export function shownURL(url: string | URL): string {
  if (!URL.canParse(String(url)))
    return `"${String(url)
      .slice(0, LONGEST_SHOWN)
      .replace(/[?#@].*$/s, '…')}"`
  const { protocol, host, pathname, search } = new URL(url)
  const shown = `${protocol}//${host}${pathname}`.slice(0, LONGEST_SHOWN)
  return search === '' ? shown : `${shown}?…`
}
