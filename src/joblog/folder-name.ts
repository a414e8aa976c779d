// Without this a job called `../../etc`, `-rf`, or a name of 256 Hangul syllables would choose, break or share a folder.
import { createHash } from 'node:crypto'

/** Longest encoded name in bytes: with `split.` or `partition.` before it, it stays below the 255 of common file systems. */
const LONGEST = 240
const KEPT_WHEN_CUT = 200

const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/
// Letters and digits of any script stay readable; what a shell expands, a file system forbids, or nobody can see does not.
const READABLE = /^[\p{L}\p{N}\p{M}._+=,@-]$/u
const INVISIBLE = /^\p{Default_Ignorable_Code_Point}$/u
/** Device names of Windows, also with an extension; a volume shared with such a machine would refuse them. */
const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i

/**
 * The folder name for a job, step, split or flow name. Different names never get the same folder: each code point outside
 * the readable ones becomes `%XX` for each of its UTF-8 bytes (`%uXXXX` for a lone surrogate), which can be undone; what
 * is still too long is cut and ends in `%~` and 128 bits of the name's SHA-256, which nothing else can end in.
 * Names that differ in case alone differ here too, but not on a file system that ignores case; there the unique ids
 * further down the path (and writers that open their files exclusively) keep their logs apart.
 */
export function folderName(name: string): string {
  if (name === '') return '%'
  const encoded = PLAIN.test(name) && !name.endsWith('.') && !RESERVED.test(name) ? name : encode(name)
  if (Buffer.byteLength(encoded) <= LONGEST) return encoded
  // UTF-16, not UTF-8: two different lone surrogates are the same bytes in UTF-8.
  const hash = createHash('sha256').update(name, 'utf16le').digest('hex').slice(0, 32)
  return `${cut(encoded)}%~${hash}`
}

/** The name behind a folder name; null for one that was cut, and for what `folderName` does not write. */
export function nameOfFolder(folder: string): string | null {
  if (folder === '%') return ''
  const name = folder.replace(/%u([0-9A-F]{4})|(?:%[0-9A-F]{2})+/g, (run, unit: string | undefined) =>
    unit ? String.fromCharCode(parseInt(unit, 16)) : Buffer.from(run.replaceAll('%', ''), 'hex').toString()
  )
  return folderName(name) === folder ? name : null
}

function encode(name: string): string {
  // é in one code point and é in two are one file on macOS: only the composed form stays readable.
  const composed = name === name.normalize('NFC')
  const points = Array.from(name)
  const shortcut = RESERVED.test(name)
  return points
    .map((point, at) => {
      const edge =
        (at === 0 && (shortcut || /[.=-]/.test(point))) || (at === points.length - 1 && point === '.')
      const readable = READABLE.test(point) && !INVISIBLE.test(point) && (composed || point <= '\x7f')
      return readable && !edge ? point : percent(point)
    })
    .join('')
}

function percent(point: string): string {
  if (!point.isWellFormed()) return `%u${point.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
  return Array.from(Buffer.from(point), byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(
    ''
  )
}

function cut(encoded: string): string {
  let kept = ''
  let bytes = 0
  for (const piece of encoded.match(/%u[0-9A-F]{4}|%[0-9A-F]{2}|./gsu) ?? []) {
    bytes += Buffer.byteLength(piece)
    if (bytes > KEPT_WHEN_CUT) break
    kept += piece
  }
  return kept
}
