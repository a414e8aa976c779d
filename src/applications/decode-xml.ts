// Turns the bytes of an XML document into text; without it a JSL saved as UTF-16 or ISO-8859-1 would not be read.

/** XML 1.0 §4.3.3, appendix F: a byte order mark decides, then the form of `<?`, then the declaration, then UTF-8. */
function encodingOf(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 4)).toString('hex')
  if (start.startsWith('efbbbf')) return 'utf-8'
  if (start === 'fffe0000' || start === '0000feff') return 'utf-32'
  if (start.startsWith('fffe') || start === '3c003f00') return 'utf-16le'
  if (start.startsWith('feff') || start === '003c003f') return 'utf-16be'
  const declaration = Buffer.from(bytes.subarray(0, 1024)).toString('latin1')
  const declared = /^<\?xml\s[^>]*?\sencoding\s*=\s*(["'])([A-Za-z][\w.:-]*)\1/.exec(declaration)?.[2]
  const encoding = declared?.toLowerCase() ?? 'utf-8'
  if (/^(utf-?16|iso-10646-ucs-2|ucs-2)/.test(encoding))
    throw new Error(`declares ${declared}, but is not in it`)
  return encoding
}

/** The encodings' standard for browsers reads these as windows-1252, which differs from 0x80 to 0x9F. */
const LATIN_1 = new Set(['iso-8859-1', 'iso_8859-1', 'iso8859-1', 'latin1', 'latin-1', 'l1'])

/**
 * The text without byte order mark; the XML declaration stays as it is, so that lines and columns do.
 * @throws Error with the rest of a sentence ("is not valid …")
 */
export function decodeXML(bytes: Uint8Array): string {
  const encoding = encodingOf(bytes)
  if (LATIN_1.has(encoding)) return Buffer.from(bytes).toString('latin1')
  const decoder = decoderFor(encoding === 'us-ascii' ? 'utf-8' : encoding)
  try {
    return decoder.decode(bytes)
  } catch (error) {
    const advice = encoding === 'utf-8' ? '; another encoding must be named in the XML declaration' : ''
    throw new Error(`is not valid ${encoding}${advice}`, { cause: error })
  }
}

function decoderFor(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true })
  } catch (error) {
    throw new Error(`is in an encoding that is not supported: ${encoding}`, { cause: error })
  }
}
