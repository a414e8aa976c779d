// Java's properties files, in which Liberty's users keep the options and job parameters of their nightly jobs.
import { readFile } from 'node:fs/promises'
import { CliError, EXIT } from './cli-error.ts'

export type Property = readonly [key: string, value: string]

/** The properties of all files of a comma-separated list, in order, doubles included; values without blanks around. */
export async function readPropertiesFiles(option: string, files: string): Promise<Property[]> {
  const lists: Property[][] = []
  for (const file of files.split(',')) lists.push(parseProperties(await textOfFile(option, file.trim())))
  return lists.flat()
}

/** @throws CliError 255 naming the option and the file. */
export async function textOfFile(option: string, file: string): Promise<string> {
  try {
    const bytes = await readFile(file)
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    const why = error instanceof TypeError ? 'it is not UTF-8 text' : (error as Error).message
    throw new CliError(EXIT.failed, `${option}: ${file} cannot be read: ${why}`, { cause: error })
  }
}

/** As java.util.Properties reads it: comments with # or !, keys that end at =, : or a blank, lines that go on after a \. */
export function parseProperties(text: string): Property[] {
  return logicalLines(text).map(line => {
    const end = /^(?:[^\\=:\s]|\\[^])*/.exec(line)![0].length
    const value = line.slice(end).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '')
    return [unescape(line.slice(0, end)), unescape(value).trim()]
  })
}

function logicalLines(text: string): string[] {
  const lines: string[] = []
  let begun: string | null = null
  for (const natural of text.split(/\r\n|\n|\r/)) {
    const line = natural.replace(/^[ \t\f]+/, '')
    // A comment ends with its line, also after a backslash; inside of a line that goes on there are none.
    if (begun === null && (line === '' || /^[#!]/.test(line))) continue
    const whole: string = (begun ?? '') + line
    const goesOn = /\\*$/.exec(line)![0].length % 2 === 1
    if (goesOn) begun = whole.slice(0, -1)
    else {
      lines.push(whole)
      begun = null
    }
  }
  return begun === null || begun === '' ? lines : [...lines, begun]
}

const LETTERS: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescape(text: string): string {
  return text.replaceAll(/\\(?:u([\da-fA-F]{4})|([^]))/g, (_, code?: string, letter?: string) =>
    code === undefined ? (LETTERS[letter!] ?? letter!) : String.fromCharCode(Number.parseInt(code, 16))
  )
}
