// Makes `$1` of `:name` in a statement of the property `sql`; values are never part of its text.

/** Texts, names in quotes and comments are passed by, casts (`::`) too. */
const TOKENS =
  /\b[eE]'(?:[^'\\]|\\[^]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\r\n]*|\/\*[^]*?\*\/|\$([A-Za-z_]\w*)?\$[^]*?\$\1\$|::|:=|(?<![\w\]]):([A-Za-z_]\w*)/g

export interface NamedStatement {
  readonly text: string
  /** In the order of $1, $2 … */
  readonly names: readonly string[]
}

/** A name that comes twice is one parameter. */
export function namedStatement(sql: string): NamedStatement {
  const names: string[] = []
  const text = sql.replaceAll(TOKENS, (token: string, _tag: string | undefined, name: string | undefined) => {
    if (name === undefined) return token
    if (!names.includes(name)) names.push(name)
    return `$${names.indexOf(name) + 1}`
  })
  return { text, names }
}
